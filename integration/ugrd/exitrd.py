"""Puts exitrd's image and its loader into the initramfs, and loads the image at its end."""

from subprocess import run

LOADER = "/usr/lib/exitrd/load-in-initrd"


def copy_exitrd(self) -> None:
    """Copies what every initrd gets. Kernel modules that it names are the administrator's."""
    tree = self._get_build_path("/")
    copied = run(
        ["/usr/lib/exitrd/copy-to-initrd", str(tree)],
        capture_output=True,
        check=True,
        text=True,
    )
    if not copied.stdout:
        self.logger.warning(copied.stderr.strip())
        return
    self._copy(LOADER)


def load_exitrd(self) -> str:
    """ugrd orders it before switch_root, as everything in init_final."""
    return f"""
    if [ -x {LOADER} ]; then
        {LOADER} "$(readvar SWITCH_ROOT_TARGET)"
    fi
    """
