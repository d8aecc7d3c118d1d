package ringside.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import ringside.format.pcap.Capture;
import ringside.format.pcap.CapturedFrame;
import ringside.format.pcap.PcapException;
import ringside.hook.Attachment;
import ringside.hook.HookPoint;
import ringside.kernel.net.NetDevice;
import ringside.kernel.net.RxResult;

/** Commands about the log, the network and the hooks. */
final class KernelCommands {
  /** Exit status where a file is no capture, or a damaged one. */
  private static final int UNUSABLE = 2;

  private KernelCommands() {}

  /** {@code dmesg}. */
  @Command(name = "dmesg", description = "[-c|-C]: print the kernel's log; -c clears it, too")
  static final class Dmesg extends Builtin {
    Dmesg(Session session) {
      super(session);
    }

    @Override
    int call() {
      String option = arguments().isEmpty() ? "" : arguments().getFirst();
      if (!option.isEmpty() && !option.equals("-c") && !option.equals("-C")) {
        return fail("dmesg: invalid option '%s'".formatted(option));
      }
      if (!option.equals("-C")) {
        out().print(session().logFrom(0));
      }
      if (!option.isEmpty()) {
        session().kernel().printk().clear();
      }
      return 0;
    }
  }

  /** {@code replay}. */
  @Command(name = "replay", description = "FILE.pcap [DEVICE]: let a capture's packets arrive")
  static final class Replay extends Builtin {
    Replay(Session session) {
      super(session);
    }

    @Override
    int call() {
      if (arguments().isEmpty() || arguments().size() > 2) {
        return fail("replay: a capture file is needed, and maybe a device");
      }
      Path file = session().host(arguments().getFirst());
      if (!Files.isRegularFile(file)) {
        return fail("replay: %s: No such file or directory".formatted(arguments().getFirst()));
      }
      String device = arguments().size() > 1 ? arguments().get(1) : "eth0";
      NetDevice receiver = null;
      for (NetDevice each : session().kernel().net().devices()) {
        receiver = each.name().equals(device) ? each : receiver;
      }
      if (receiver == null) {
        return fail("replay: Cannot find device \"%s\"".formatted(device));
      }
      Map<RxResult, Integer> counts = new EnumMap<>(RxResult.class);
      Capture capture;
      try {
        capture = Capture.read(file);
      } catch (PcapException e) {
        session().complain(e);
        return UNUSABLE;
      } catch (IOException e) {
        return fail("replay: %s: cannot be read: %s".formatted(file, e.getMessage()));
      }
      for (CapturedFrame frame : capture.frames()) {
        RxResult result = session().kernel().net().receive(receiver, frame.data());
        counts.merge(result, 1, Integer::sum);
      }
      out().println("%d packets".formatted(capture.frames().size()));
      counts.forEach((result, count) ->
          out().println("%8d %s".formatted(count, result.name().toLowerCase(Locale.ROOT))));
      return 0;
    }
  }

  /** {@code hooks}. */
  @Command(name = "hooks", description = "list the hook points and what is attached to them")
  static final class Hooks extends Builtin {
    Hooks(Session session) {
      super(session);
    }

    @Override
    int call() {
      for (HookPoint hook : session().kernel().hooks().all()) {
        String attached =
            String.join(", ", hook.attachments().stream().map(Attachment::name).toList());
        out().println(attached.isEmpty() ? hook.name() : hook.name() + ": " + attached);
      }
      return 0;
    }
  }
}
