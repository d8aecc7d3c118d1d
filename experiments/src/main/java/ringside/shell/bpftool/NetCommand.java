package ringside.shell.bpftool;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.attach.XdpDevices;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.uapi.BpfClient;
import ringside.hook.AttachException;
import ringside.hook.Attachment;
import ringside.kernel.Kernel;
import ringside.kernel.net.NetDevice;
import ringside.kernel.net.Netfilter;
import ringside.lkm.kmod.Strerror;

/** {@code bpftool net}. */
final class NetCommand {
  private static final String USAGE =
      """
      Usage: bpftool net { show | list } [dev <devname>]
             bpftool net attach ATTACH_TYPE PROG dev <devname> [ overwrite ]
             bpftool net detach ATTACH_TYPE dev <devname>
             bpftool net help

             PROG := { id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME }
             ATTACH_TYPE := { xdp | xdpgeneric | xdpdrv | xdpoffload }
             OPTIONS := { {-j|--json} [{-p|--pretty}] | {-d|--debug} }
      """;

  private static final List<String> HOOKS =
      List.of("prerouting", "input", "forward", "output", "postrouting");

  private final Tool tool;

  NetCommand(Tool tool) {
    this.tool = tool;
  }

  /** The name of a device, or null. */
  static @Nullable String deviceName(Kernel kernel, int index) {
    for (NetDevice device : kernel.net().devices()) {
      if (device.index() == index) {
        return device.name();
      }
    }
    return null;
  }

  void run(Words words) {
    if (words.isEmpty() || words.accept("show") || words.accept("list")) {
      show(words);
    } else if (words.accept("attach")) {
      attach(words);
    } else if (words.accept("detach")) {
      type(words);
      NetDevice device = device(words);
      words.end();
      attempt("detach", () -> XdpDevices.set(tool.environment().bpf(), device, null, false));
    } else if (words.accept("help")) {
      tool.err().print(USAGE);
    } else {
      tool.err().print(USAGE);
      throw new Refusal("unknown command '%s'".formatted(words.peek()));
    }
  }

  private void attach(Words words) {
    type(words);
    int fd = tool.reference(words, Tool.Kind.PROG);
    BpfClient.InfoStruct info = tool.client().info("bpf_prog_info").of(fd);
    NetDevice device = device(words);
    boolean overwrite = words.accept("overwrite");
    words.end();
    LoadedProgram program = tool.environment().bpf().programIds().find(info.u32("id"));
    attempt("attach", () -> XdpDevices.set(tool.environment().bpf(), device, program, !overwrite));
  }

  private void attempt(String what, Runnable change) {
    try {
      change.run();
    } catch (AttachException refused) {
      throw new Refusal(
          "interface xdp %s failed: %s".formatted(what, Strerror.of(refused.errno())));
    }
    tool.nothing();
  }

  private static void type(Words words) {
    String type = words.take();
    if (!List.of("xdp", "xdpgeneric", "xdpdrv", "xdpoffload").contains(type)) {
      throw new Refusal("invalid net attach/detach type: " + type);
    }
    if (type.equals("xdpoffload")) {
      throw new Refusal("interface xdpoffload attach failed: Operation not supported");
    }
  }

  private NetDevice device(Words words) {
    if (!words.accept("dev")) {
      throw new Refusal("expected 'dev', got: '%s'?".formatted(words.peek()));
    }
    String name = words.take();
    for (NetDevice device : tool.kernel().net().devices()) {
      if (device.name().equals(name)) {
        return device;
      }
    }
    throw new Refusal("invalid devname " + name);
  }

  private void show(Words words) {
    NetDevice only = words.isEmpty() ? null : device(words);
    if (tool.isJson()) {
      tool.json().array().object().name("xdp").array();
    } else {
      tool.out().println("xdp:");
    }
    for (NetDevice device : tool.kernel().net().devices()) {
      boolean wanted = only == null || only.index() == device.index();
      for (Attachment attachment : wanted ? device.xdp().attachments() : List.<Attachment>of()) {
        if (tool.isJson()) {
          tool.json()
              .object()
              .field("devname", device.name())
              .field("ifindex", device.index())
              .field("mode", "driver")
              .field("id", attachment.id())
              .endObject();
        } else {
          tool.out()
              .println(
                  "%s(%d) driver id %d".formatted(device.name(), device.index(), attachment.id()));
        }
      }
    }
    if (tool.isJson()) {
      tool.json().endArray();
      for (String empty : List.of("tc", "flow_dissector")) {
        tool.json().name(empty).array().endArray();
      }
      tool.json().name("netfilter").array();
    } else {
      tool.out().println("\ntc:\n\nflow_dissector:\n\nnetfilter:");
    }
    netfilter();
    if (tool.isJson()) {
      tool.json().endArray().endObject().endArray();
    } else {
      tool.out().println();
    }
  }

  private void netfilter() {
    Netfilter.Hook[] all = Netfilter.Hook.values();
    for (int hook = 0; hook < all.length; hook++) {
      for (Attachment each : tool.kernel().net().netfilter().hook(all[hook]).attachments()) {
        LoadedProgram program = tool.environment().bpf().programIds().find(each.id());
        if (each.id() == 0 || program == null) {
          continue; // a module's
        }
        if (tool.isJson()) {
          tool.json()
              .object()
              .field("id", each.id())
              .field("pf", 2)
              .field("hook", hook)
              .field("prio", each.priority())
              .endObject();
        } else {
          tool.out()
              .println(
                  "ip %s prio %d id %d".formatted(HOOKS.get(hook), each.priority(), each.id()));
        }
      }
    }
  }
}
