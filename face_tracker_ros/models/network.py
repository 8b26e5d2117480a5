# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Running a network with OpenVINO: the only module that knows OpenVINO and its devices."""
from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict
import os
from pathlib import Path
import threading
from typing import Any

from face_tracker_ros.config import InferenceConfig
from face_tracker_ros.errors import ConfigError, ModelError
from face_tracker_ros.models.compiled import compiled, identity
from face_tracker_ros.models.files import too_large
from face_tracker_ros.models.openvino_runtime import ov
from face_tracker_ros.models.spec import InputSpec, Port
from face_tracker_ros.types import FloatArray, Image
import numpy as np

_KEPT_SIZES = 3
_PROCESSES: set[int] = set()  # this one, and what it was forked from, once models are used
_VIRTUAL = ('AUTO', 'BATCH', 'HETERO', 'MULTI')  # devices that hand on to other devices


def read_ports(path: Path) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """Return the inputs and outputs of a network's file; ModelError when it cannot be read."""
    model = _read_model(_core(), path)
    inputs, outputs = ([_port(port) for port in ports] for ports in (model.inputs, model.outputs))
    return tuple(inputs), tuple(outputs)


def capabilities(device: str) -> set[str]:
    """Return the precisions that a device computes in: FP32, BF16, INT8 ...; else ConfigError."""
    return set(_property(_core(), device, 'OPTIMIZATION_CAPABILITIES'))


def read_network(path: Path) -> Any:
    """Return OpenVINO's model of a file; ModelError when it cannot be read."""
    return _read_model(_core(), path)


def write_network(model: Any, path: Path, half: bool = True) -> None:
    """Write <path>.xml and .bin, with FP16 weights or as they are."""
    ov.save_model(model, str(path), compress_to_fp16=half)


class Network:
    """
    One network, whose input is uint8 BGR images (N, H, W, 3); not for use by two threads at once.

    Colours, mean, scale and layout are changed inside the graph. It is compiled when a number and
    size of images is first seen, and kept for the last few. The model file is read once: what
    becomes of it later makes no difference.
    """

    def __init__(self, path: Path, spec: InputSpec, config: InferenceConfig,
                 half: bool = False) -> None:
        """
        Read the model file.

        half: compute in BF16 where the device can (unless `inference.half` is off). Raises
        ModelError when the file cannot be read, and ConfigError when there is no such device.
        """
        self._path, self._spec = path, spec
        self._core, self._device = _core(), config.device
        self._options: dict[str, Any] = {
            'PERFORMANCE_HINT': 'LATENCY', 'NUM_STREAMS': 1,
            'INFERENCE_NUM_THREADS': config.threads}
        if not (half and config.half):  # else OpenVINO takes what is fastest
            self._options['INFERENCE_PRECISION_HINT'] = 'f32'
        supported = _property(self._core, self._device, 'SUPPORTED_PROPERTIES')
        virtual = self._device.partition(':')[0] in _VIRTUAL
        self._cached = config.cache and not virtual
        if not virtual:  # GPU and NPU know no CPU threads
            self._options = {name: value for name, value in self._options.items()
                             if name in supported}
        self._requests: OrderedDict[tuple[int, int, int], tuple[Any, Image]] = OrderedDict()
        # As in the file: a compiled network may know its outputs by further names.
        self._model, self._identity = self._read()
        self._names = [_name(port, number) for number, port in enumerate(self._model.outputs)]

    def prepare(self, width: int, height: int, batch: int = 1) -> None:
        """Compile for images of this size and run once, so that the first need not wait."""
        self.infer(np.zeros((batch, height, width, 3), np.uint8))

    def infer(self, images: Image, copy: bool = True) -> dict[str, FloatArray]:
        """
        Return the outputs by name; 'output0', 'output1', ... where they have none.

        copy: False for what is good only until the next call. Raises ModelError when the network
        fails on these images.
        """
        request = self.request(images)
        try:
            request.infer()
        except RuntimeError as error:
            # The next run of a request that failed may give what it has, and no error.
            self._requests.clear()
            raise ModelError(f"model file '{self._path}' fails on an image of {images.shape[2]}x"
                             f'{images.shape[1]} pixels ({_short(error)}); choose another model'
                             ) from error
        outputs = (request.get_output_tensor(number).data for number in range(len(self._names)))
        return {name: np.array(output, np.float32) if copy else np.asarray(output, np.float32)
                for name, output in zip(self._names, outputs)}

    def input(self, width: int, height: int, batch: int = 1) -> Image:
        """Return the memory (N, H, W, 3) from which images of this size are read by `infer`."""
        return self._request((batch, height, width))[1]

    def request(self, images: Image) -> Any:
        """Return OpenVINO's request that is set to run on the images."""
        batch, height, width = images.shape[:3]
        request, memory = self._request((batch, height, width))
        if not np.may_share_memory(memory, images):
            memory[:] = images
        return request

    def _read(self) -> tuple[Any, list[str] | None]:
        """Return the model and the checksums of its files; None if they changed meanwhile."""
        before = identity(self._path) if self._cached else None
        model = _read_model(self._core, self._path)
        return model, before if before is None or before == identity(self._path) else None

    def _request(self, size: tuple[int, int, int]) -> tuple[Any, Image]:
        """Return the request for images of this size, and the memory that it reads."""
        _check_process()
        if size not in self._requests:
            while len(self._requests) >= _KEPT_SIZES:
                self._requests.popitem(last=False)
            request = self._compile(size).create_infer_request()
            self._requests[size] = request, request.get_input_tensor().data
        self._requests.move_to_end(size)
        return self._requests[size]

    def _compile(self, size: tuple[int, int, int]) -> Any:
        if self._identity is None:
            return self._compile_anew(size)
        return compiled(self._core, self._device, self._options,
                        [self._identity, size, asdict(self._spec)],
                        lambda: self._compile_anew(size))

    def _compile_anew(self, size: tuple[int, int, int]) -> Any:
        batch, height, width = size
        layout, model = self._spec.layout, self._model.clone()
        sides = [3, height, width] if layout == 'NCHW' else [height, width, 3]
        try:
            model.reshape([batch, *sides])
            return self._core.compile_model(preprocessed(model, self._spec), self._device,
                                            self._options)
        except RuntimeError as error:
            if self._device != 'CPU':
                raise _bad_device(self._core, self._device, error) from error
            raise ModelError(f"model file '{self._path}' does not run on images of {width}x"
                             f'{height} pixels ({_short(error)}); choose another model or '
                             'detection.width') from error


def preprocessed(model: Any, spec: InputSpec) -> Any:
    """Return the network with an input of uint8 BGR [N, H, W, 3]; the graph preprocesses."""
    processor = ov.preprocess.PrePostProcessor(model)
    images = processor.input()
    images.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout('NHWC'))
    images.tensor().set_color_format(ov.preprocess.ColorFormat.BGR)
    images.model().set_layout(ov.Layout(spec.layout))
    if spec.color == 'RGB':
        images.preprocess().convert_color(ov.preprocess.ColorFormat.RGB)
    if not spec.raw:
        images.preprocess().convert_element_type(ov.Type.f32)
        images.preprocess().mean(list(spec.mean)).scale(list(spec.scale))
    return processor.build()


def _core() -> Any:
    """
    Return a core of OpenVINO, with the plugin for the CPU loaded.

    On Linux the plugin gives the thread that loads it a stack for signal handlers, and frees that
    with the last network, whoever drops it: the next signal would crash that thread. So a thread
    loads it that ends at once.
    """
    _check_process()
    core = ov.Core()
    loader = threading.Thread(target=_load_plugin, args=(core,))
    loader.start()
    loader.join()
    return core


def _load_plugin(core: Any) -> None:
    with suppress(RuntimeError):  # an OpenVINO without it, for other devices
        core.get_property('CPU', 'FULL_DEVICE_NAME')


def _check_process() -> None:
    """Note the process; ModelError in a fork of it, which has none of OpenVINO's threads."""
    _PROCESSES.add(os.getpid())
    if len(_PROCESSES) > 1:
        raise ModelError('this process was forked from one that has run models, and cannot run '
                         "any; start it anew (multiprocessing.get_context('spawn')), or fork "
                         'before the first model is loaded')


def _property(core: Any, device: str, name: str) -> Any:
    virtual = device.partition(':')[0]
    try:
        # Of a virtual device with a list of others (AUTO:GPU,CPU) OpenVINO reports nothing.
        return core.get_property('AUTO' if virtual in _VIRTUAL else device, name)
    except RuntimeError as error:
        raise _bad_device(core, device, error) from error


def _bad_device(core: Any, device: str, error: Exception) -> ConfigError:
    return ConfigError(f"parameter 'inference.device': '{device}' cannot be used "
                       f"({_short(error)}); give one of {', '.join(core.available_devices)}, "
                       'or AUTO')


def _read_model(core: Any, path: Path) -> Any:
    fault = too_large(path)
    if fault is not None:
        raise ModelError(f"model file '{path}' {fault}; give the file of a network")
    try:
        # Mapped weights would change with the file, and end the process when it gets shorter.
        core.set_property({'ENABLE_MMAP': False})
        return core.read_model(str(path))
    except RuntimeError as error:
        raise ModelError(f"model file '{path}' cannot be read by OpenVINO "
                         f'({_short(error)}); get it again') from error


def _port(port: Any) -> Port:
    sides = [side.get_length() if side.is_static else -1 for side in port.get_partial_shape()]
    return Port(_name(port, 0) if port.get_names() else '', tuple(sides),
                port.get_element_type() == ov.Type.u8)


def _name(port: Any, number: int) -> str:
    names = sorted(port.get_names())
    return str(names[0]) if names else f'output{number}'


def _short(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
