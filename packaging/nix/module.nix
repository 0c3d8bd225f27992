# Loads the image at boot, instead of systemd.shutdownRamfs, which copies store paths at shutdown.
# The project's tests only parse it with nix-instantiate.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.services.exitrd;
in
{
  options.services.exitrd = {
    enable = lib.mkEnableOption "exitrd, which takes the storage stack apart at shutdown";
    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The package of exitrd.";
    };
    settings = lib.mkOption {
      type = lib.types.lines;
      default = "";
      example = "Timeout=60s";
      description = "The section [Exitrd] of exitrd.conf(5).";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.shutdownRamfs.enable = false;
    environment.systemPackages = [ (pkgs.runCommand "exitrd" { } "ln -s ${cfg.package}/usr $out") ];
    environment.etc."exitrd.conf" = lib.mkIf (cfg.settings != "") {
      text = "[Exitrd]\n${cfg.settings}\n";
    };
    systemd.services.exitrd-load = {
      description = "Load the System That Takes Storage Apart at Shutdown";
      wantedBy = [ "sysinit.target" ];
      # As integration/systemd/exitrd-load.service, which says why nothing may unload it at shutdown.
      unitConfig = {
        DefaultDependencies = false;
        ConditionVirtualization = "!container";
        RequiresMountsFor = "/nix/store";
      };
      before = [ "soft-reboot.target" ];
      conflicts = [ "soft-reboot.target" ];
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${cfg.package}/usr/bin/exitrd load --image ${cfg.package}/usr/lib/exitrd/exitrd.img";
        TimeoutStartSec = "30s";
        NoNewPrivileges = "yes";
        CapabilityBoundingSet = "CAP_SYS_ADMIN CAP_MKNOD CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH";
        SystemCallFilter = [
          "@system-service fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree umount2"
          "~@privileged @resources"
        ];
        SystemCallErrorNumber = "EPERM";
        SystemCallArchitectures = "native";
        RestrictAddressFamilies = "none";
        RestrictNamespaces = "yes";
        RestrictRealtime = "yes";
        RestrictSUIDSGID = "yes";
        LockPersonality = "yes";
        MemoryDenyWriteExecute = "yes";
      };
    };
  };
}
