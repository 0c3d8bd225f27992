# The project's tests only parse it with nix-instantiate.
{
  lib,
  stdenv,
  fetchurl,
  esbuild,
  musl,
  scdoc,
}:

stdenv.mkDerivation (finalAttrs: {
  pname = "exitrd";
  version = "0.2.0";

  src = fetchurl {
    url = "https://exitrd.invalid/releases/exitrd-${finalAttrs.version}.tar.xz";
    hash = lib.fakeHash;
  };

  nativeBuildInputs = [
    esbuild
    scdoc
  ];

  makeFlags = [ "MUSL_CC=${lib.getDev musl}/bin/musl-gcc" ];

  # Programs, units and hooks refer to each other by their paths below /usr. module.nix only takes what
  # NixOS can use: the two programs and the image.
  installFlags = [ "DESTDIR=${placeholder "out"}" ];

  # The image contains one of the programs, as it is.
  dontStrip = true;

  meta = {
    description = "Takes the storage stack apart at shutdown";
    license = with lib.licenses; [
      mit
      bsd3
      zlib
      bsd0
    ];
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
    mainProgram = "exitrd";
  };
})
