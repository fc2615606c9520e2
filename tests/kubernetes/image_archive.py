# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Prints what an image archive says of itself.
usage: image_archive.py layers|labels ARCHIVE   the digest of each layer, or the names of its labels, one a line"""
import json
import sys
import tarfile


def main():
    what, archive = sys.argv[1:]
    with tarfile.open(archive) as files:
        manifest = json.load(files.extractfile("manifest.json"))[0]
        config = json.load(files.extractfile(manifest["Config"]))
    if what == "layers":
        lines = config["rootfs"]["diff_ids"]
    elif what == "labels":
        lines = sorted(config["config"]["Labels"])
    else:
        sys.exit(__doc__)
    print("\n".join(lines))


main()
