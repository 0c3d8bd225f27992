# Builds and installs exitrd from a release tarball, without a network or Node.js: the tarball has all
# dependencies in vendor/. In a checkout, `npm run dist:source` makes that tarball.
#
#   make                    the programs, the image and the manual pages, in build/
#   make install DESTDIR=   what packaging/files lists, and the rest
#
# It needs a C compiler (CC), one for musl (MUSL_CC), the kernel's headers, esbuild and scdoc.
PREFIX = /usr
DESTDIR =
CC = cc
CFLAGS = -O1
LDFLAGS =
MUSL_CC = musl-gcc
ESBUILD = esbuild
SCDOC = scdoc
# Where zsh looks for completions below PREFIX.
ZSHDIR = share/zsh/site-functions
# "debian" or "arch", for the files that only these need.
DISTRIBUTION =
B = build

pages = exitrd.8 exitrd.conf.5 exitrd-build.conf.5 exitrd-json.7

all: $(B)/exitrd $(B)/exitrd-shutdown $(B)/exitrd.img $(pages:%=$(B)/%)

include vendor/generated/build.mk

vendor/generated/build.mk:
	@echo "there is no vendor/: take a release tarball, or make one by 'npm run dist:source'" >&2
	@exit 1

# Not minified, for stack traces. QuickJS has all of ES2022, and the functions of ES2023 that are used.
bundle = @mkdir -p $(B) && NODE_PATH=vendor/npm $(ESBUILD) $(1) --outfile=$(B)/$(2) --bundle \
	--log-level=warning --format=esm --target=es2022 --platform=neutral \
	--main-fields=module,main '--external:exitrd:*' --minify-syntax --tree-shaking=true \
	--charset=ascii '--define:EXITRD_VERSION="$(VERSION)"'

# musl-gcc does not look in /usr/include, where glibc's headers are.
$(B)/kernel-headers:
	@mkdir -p $@.new
	@ln -sfn /usr/include/linux $@.new/linux
	@ln -sfn /usr/include/asm-generic $@.new/asm-generic
	@asm=/usr/include/$$($(CC) -print-multiarch 2>/dev/null)/asm; \
	[ -d "$$asm" ] || asm=/usr/include/asm; ln -sfn "$$asm" $@.new/asm
	@mv $@.new $@

# As an administrator's own 'exitrd build' is run: that gives the bytes that are shipped.
$(B)/exitrd.img: $(B)/exitrd $(B)/exitrd-shutdown
	env -u SOURCE_DATE_EPOCH $(B)/exitrd build --shutdown $(B)/exitrd-shutdown --output $@

# The first line says that there may be tables, for readers that run tbl(1) only then.
$(B)/%: man/%.scd
	@mkdir -p $(B)
	{ printf '%s\n' "'"'\" t' && $(SCDOC) <$<; } >$@

install: all
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' ZSHDIR='$(ZSHDIR)' DISTRIBUTION='$(DISTRIBUTION)' \
	BUILD='$(B)' sh packaging/install

clean:
	rm -rf $(B)

.PHONY: all install clean
.DELETE_ON_ERROR:
