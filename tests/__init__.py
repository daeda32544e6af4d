"""The tests, by layer: the core, the shell, the front door on a sandbox and on an independent emulator of GitHub."""
