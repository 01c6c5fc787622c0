# SPDX-License-Identifier: MIT
"""tensors.py - files of the safetensors format, read and written without its library: named arrays and notes."""
import json
import struct

import numpy

DTYPES = {"F32": numpy.float32, "F64": numpy.float64, "I64": numpy.int64, "U8": numpy.uint8, "U32": numpy.uint32,
          "U64": numpy.uint64}


def read(path):
    """The arrays by name; notes are left out."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header, arrays = json.loads(content[8:8 + length]), {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + at for at in entry["data_offsets"])
            flat = numpy.frombuffer(content[begin:end], DTYPES[entry["dtype"]])
            arrays[name] = flat.reshape(entry["shape"])
    return arrays


def write(path, arrays, notes=None):
    """float32, but for arrays of whole numbers; the same content gives the same bytes."""
    header, data, at = {}, [], 0
    if notes:
        header["__metadata__"] = dict(sorted(notes.items()))
    for name, array in arrays.items():
        dtype = {"int64": "I64", "uint8": "U8"}.get(str(array.dtype), "F32")
        content = numpy.ascontiguousarray(array, DTYPES[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + len(content)]}
        data.append(content)
        at += len(content)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))
