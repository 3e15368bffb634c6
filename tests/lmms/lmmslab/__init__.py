# SPDX-License-Identifier: Apache-2.0
"""What the tests with real LMMS share: a sandbox, projects, audio, a display, a sound server."""
