# Loads the image at boot, instead of systemd.shutdownRamfs, which copies store paths at shutdown, and
# reports how the last shutdown went. The project's tests only parse it with nix-instantiate.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.services.exitrd;
  exitrd = "${cfg.package}/usr/bin/exitrd";
  image = "${cfg.package}/usr/lib/exitrd/exitrd.img";
  # As in the units in integration/systemd.
  restrictions = {
    NoNewPrivileges = "yes";
    SystemCallErrorNumber = "EPERM";
    SystemCallArchitectures = "native";
    RestrictNamespaces = "yes";
    RestrictRealtime = "yes";
    RestrictSUIDSGID = "yes";
    LockPersonality = "yes";
    MemoryDenyWriteExecute = "yes";
  };
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
    # Where 'exitrd status', 'exitrd check' and 'exitrd load' look for an image. Nothing is in
    # /usr/lib here.
    systemd.tmpfiles.rules = [ "L+ /var/lib/exitrd/exitrd.img - - - - ${image}" ];
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
      serviceConfig = restrictions // {
        Type = "oneshot";
        RemainAfterExit = true;
        # The link above may not exist yet.
        ExecStart = "${exitrd} load --image ${image}";
        TimeoutStartSec = "30s";
        CapabilityBoundingSet = "CAP_SYS_ADMIN CAP_MKNOD CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH";
        SystemCallFilter = [
          "@system-service fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree umount2"
          "~@privileged @resources"
        ];
        RestrictAddressFamilies = "none";
      };
    };
    systemd.services.exitrd-report = {
      description = "Report How the Last Shutdown Went, and Prepare the Record of the Next";
      wantedBy = [ "multi-user.target" ];
      # As integration/systemd/exitrd-report.service.
      after = [
        "local-fs.target"
        "systemd-journald.socket"
        "systemd-pstore.service"
        "systemd-machine-id-commit.service"
      ];
      unitConfig.ConditionVirtualization = "!container";
      serviceConfig = restrictions // {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${exitrd} record --begin";
        ExecStop = "${exitrd} record --end";
        TimeoutStartSec = "30s";
        TimeoutStopSec = "15s";
        CapabilityBoundingSet = "CAP_SYS_ADMIN CAP_SYS_RAWIO CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH";
        SystemCallFilter = [
          "@system-service"
          "~@privileged @resources"
        ];
        RestrictAddressFamilies = "AF_UNIX";
        IPAddressDeny = "any";
      };
    };
  };
}
