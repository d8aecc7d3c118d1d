package ringside.shell.bpftool;

import java.nio.charset.StandardCharsets;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.uapi.BpfClient;
import ringside.ebpf.uapi.Command;
import ringside.kernel.net.NetDevice;
import ringside.kernel.trace.Tracepoint;

/**
 * {@code autoattach}: makes a link of a program where its section's name says, as {@code
 * bpf_program__attach} does.
 */
final class AutoAttach {
  private static final int PERF_EVENT = 41;
  private static final int XDP = 37;
  private static final int NETFILTER = 45;
  private static final int SYS_perf_event_open = 241;
  private static final int ATTR_SIZE = 128;

  private final Tool tool;
  private final BpfClient client;

  AutoAttach(Tool tool) {
    this.tool = tool;
    this.client = tool.client();
  }

  /** Attaches a program; the link's descriptor. */
  int link(ProgramDefinition program, int fd) {
    String target = program.attachTo();
    return switch (program.type()) {
      case RAW_TRACEPOINT ->
          client
              .attr("raw_tracepoint")
              .u64("name", client.text(target))
              .u32("prog_fd", fd)
              .run(Command.RAW_TRACEPOINT_OPEN);
      case TRACEPOINT -> perf(fd, event(target));
      case KPROBE -> perf(fd, function(target));
      case XDP -> link(fd, XDP, device(target.isEmpty() ? "eth0" : target));
      case NETFILTER -> link(fd, NETFILTER, 0);
      default ->
          throw new Refusal(
              "program %s does not support autoattach, falling back to pinning"
                  .formatted(program.name()));
    };
  }

  private int link(int fd, int type, int target) {
    return client
        .attr("link_create")
        .u32("prog_fd", fd)
        .u32("target_ifindex", target)
        .u32("attach_type", type)
        .run(Command.LINK_CREATE);
  }

  private int device(String name) {
    for (NetDevice device : tool.kernel().net().devices()) {
      if (device.name().equals(name)) {
        return device.index();
      }
    }
    throw new Refusal("invalid devname " + name);
  }

  private int perf(int fd, int event) {
    int link = link(fd, PERF_EVENT, event);
    client.close(event);
    return link;
  }

  private int event(String name) {
    Tracepoint tracepoint = tool.kernel().trace().tracepoint(name.replace('/', ':'));
    if (tracepoint == null) {
      throw new Refusal("no tracepoint " + name);
    }
    return open(2, tracepoint.id(), 0);
  }

  private int function(String name) {
    byte[] type = tool.environment().read("/sys/bus/event_source/devices/kprobe/type");
    if (type == null) {
      throw new Refusal("this kernel has no kprobes");
    }
    int unit = Integer.parseInt(new String(type, StandardCharsets.UTF_8).strip());
    return open(unit, 0, client.text(name));
  }

  private int open(int type, long config, long name) {
    long attr = client.allocate(ATTR_SIZE);
    client.write(attr, type);
    client.write(attr + 4, ATTR_SIZE);
    client.write(attr + 8, (int) config);
    client.write(attr + 56, (int) name);
    long result = tool.kernel().syscalls().call(SYS_perf_event_open, attr, -1, 0, -1, 8);
    if (result < 0) {
      throw new BpfClient.Failure((int) -result);
    }
    return (int) result;
  }
}
