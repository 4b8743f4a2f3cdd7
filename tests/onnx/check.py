"""Checks every ONNX file of a folder with the checker of the onnx package. usage: python3 check.py FOLDER"""
import pathlib
import sys

import onnx

files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
failed = 0
for file in files:
    try:
        onnx.checker.check_model(onnx.load(str(file)), full_check=True)
    except Exception as error:
        failed += 1
        print(f"FAILED {file.stem}: {str(error).splitlines()[0]}")
print(f"onnx.checker: {len(files) - failed} of {len(files)} models are valid")
sys.exit(1 if failed or not files else 0)
