# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
#
# Usage (bash): source scripts/env.sh
#
# After scripts/setup: python3, ROS 2, vision_msgs, face_tracker_ros and the command face-tracker in
# this shell, be ROS 2 the wheels in .venv or the installation that is sourced already. Sourcing it
# twice does no harm.
_face_tracker_ros=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case ":$PATH:" in
  *":$_face_tracker_ros/scripts/bin:"*) ;;
  *) export PATH="$_face_tracker_ros/scripts/bin:$PATH" ;;
esac
[ "${ROS_WHEELS:-kilted}" = kilted ] || _face_tracker_ros=$_face_tracker_ros/.$ROS_WHEELS
case $- in *u*) _nounset=1; set +u ;; *) _nounset= ;; esac
if [ -e "$_face_tracker_ros/.venv/setup.bash" ]; then
  . "$_face_tracker_ros/.venv/setup.bash"
elif [ -x "$_face_tracker_ros/.venv/bin/python3" ]; then
  # On PYTHONPATH, too, for executables that name the system's interpreter.
  _packages=$("$_face_tracker_ros/.venv/bin/python3" -c 'import sysconfig
print(sysconfig.get_path("purelib"))')
  case ":$PATH:" in
    *":$_face_tracker_ros/.venv/bin:"*) ;;
    *) export PATH="$_face_tracker_ros/.venv/bin:$PATH" ;;
  esac
  case ":$PYTHONPATH:" in
    *":$_packages:"*) ;;
    *) export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}$_packages" ;;
  esac
  unset _packages
else
  printf '%s\n' 'env.sh: nothing is set up yet; run scripts/setup' >&2
fi
if [ -e "$_face_tracker_ros/install/local_setup.bash" ]; then
  _colcon_python=${COLCON_PYTHON_EXECUTABLE:-}
  case $_face_tracker_ros in
    *' '*)  # colcon calls its interpreter without quotes, so it must not be the one in .venv
      COLCON_PYTHON_EXECUTABLE=$(python3 -c 'import sys; print(sys._base_executable)') ;;
  esac
  . "$_face_tracker_ros/install/local_setup.bash"
  COLCON_PYTHON_EXECUTABLE=$_colcon_python
  unset _colcon_python
fi
if [ -n "${WITH_TORCH:-}" ] && [ -x "$_face_tracker_ros/.torch/bin/python3" ]; then
  case ":$PATH:" in
    *":$_face_tracker_ros/.torch/bin:"*) ;;
    *) export PATH="$_face_tracker_ros/.torch/bin:$PATH" ;;
  esac
fi
[ -z "$_nounset" ] || set -u
unset _face_tracker_ros _nounset
