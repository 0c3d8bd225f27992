#!/bin/sh
# dracut sources its hooks, so this must not exit.
[ ! -x /usr/lib/exitrd/load-in-initrd ] || /usr/lib/exitrd/load-in-initrd "${NEWROOT:-/sysroot}"
