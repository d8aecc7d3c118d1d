package ringside.experiments.lane;

import com.oracle.truffle.api.RootCallTarget;
import java.util.ArrayList;
import java.util.List;
import ringside.experiments.vm.RecorderNode;
import ringside.hook.Attachment;
import ringside.hook.HookPoint;
import ringside.kernel.Kernel;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.NetDevice;

/**
 * Takes packets at a hook and keeps them: the structures as the kernel's receive path made them,
 * copied, with their pointers led to the copies.
 */
final class PacketRecorder {
  private static final long XDP_PASS = 2;
  private static final long NF_ACCEPT = 1;

  private final Lab lab;
  private final Memory memory;
  private final List<Object[]> events = new ArrayList<>();

  PacketRecorder(Lab lab) {
    this.lab = lab;
    this.memory = lab.kernel().memory();
  }

  /** The XDP buffers of frames, each with a buffer of its own. */
  List<Object[]> atXdp(NetDevice device, List<byte[]> frames) {
    StructLayout buff = lab.kernel().layouts().of("xdp_buff");
    return record(
        device.xdp(),
        XDP_PASS,
        device,
        frames,
        arguments -> {
          long from = (long) arguments[0];
          long start = memory.readLong(from + buff.offset("data_hard_start"));
          int size = memory.readInt(from + buff.offset("frame_sz"));
          long copy = copy(from, buff.size());
          long delta = copy(start, size) - start;
          for (String field : List.of("data", "data_end", "data_meta", "data_hard_start")) {
            shift(copy + buff.offset(field), delta);
          }
          return new Object[] {copy};
        });
  }

  /** The packets of frames at netfilter's PRE_ROUTING, each with its own data. */
  List<Object[]> atPreRouting(NetDevice device, List<byte[]> frames) {
    Kernel kernel = lab.kernel();
    StructLayout skb = kernel.layouts().of("sk_buff");
    StructLayout state = kernel.layouts().of("nf_hook_state");
    return record(
        kernel.net().netfilter().preRouting(),
        NF_ACCEPT,
        device,
        frames,
        arguments -> {
          long from = (long) arguments[0];
          long head = memory.readLong(from + skb.offset("head"));
          int size = memory.readInt(from + skb.offset("end"));
          long copy = copy(from, skb.size());
          long delta = copy(head, size) - head;
          shift(copy + skb.offset("head"), delta);
          shift(copy + skb.offset("data"), delta);
          return new Object[] {copy, copy((long) arguments[1], state.size())};
        });
  }

  private interface Keep {
    Object[] keep(Object[] arguments);
  }

  private List<Object[]> record(
      HookPoint hook, long verdict, NetDevice device, List<byte[]> frames, Keep keep) {
    RootCallTarget target =
        new RecorderNode(
                lab.kernel().language(), arguments -> events.add(keep.keep(arguments)), verdict)
            .getCallTarget();
    Attachment recorder = new Attachment("recorder", 0, target);
    hook.attach(recorder);
    lab.inGuest(() -> {
      frames.forEach(frame -> lab.kernel().net().receive(device, frame));
      return 0;
    });
    hook.detach(recorder);
    return events;
  }

  private long copy(long from, int size) {
    long to = lab.allocate(size);
    byte[] bytes = new byte[size];
    memory.read(from, bytes, 0, size);
    memory.write(to, bytes, 0, size);
    return to;
  }

  private void shift(long field, long delta) {
    memory.writeLong(field, memory.readLong(field) + delta);
  }
}
