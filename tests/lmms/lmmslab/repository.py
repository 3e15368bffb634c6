# SPDX-License-Identifier: Apache-2.0
"""A signed repository in a directory, with a model that is not installed."""

from . import amp

NAME = "near"
ARCHIVE = f"{amp.MODEL}-1.0.0.continuo"


def publish(world):
    """The repository's directory, and its public key."""
    key, out = world.root / "key", world.root / "offered"
    public = world.ctl("repo", "keygen", key)["public_key"]
    amp.install(world.root / "packages")
    world.ctl("repo", "build", world.root / "packages", "-o", out, "--key", key, "--name", NAME)
    return out, public


def configure(world, url, public, authority=""):
    """For a daemon that is started next."""
    path = world.home / ".config/continuo/continuod.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[[repository]]\nname = "{NAME}"\nurl = "{url}"\nkey = "{public}"\nca_file = "{authority}"\n')
