package ringside.ebpf.syscall;

import java.util.List;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.NetDevice;
import ringside.kernel.net.SkBuffs;

/** Test runs of flow dissectors, socket lookups and netfilter programs. */
final class NetTestRun {
  private static final int IP_HLEN = 20;
  private static final int IP6_HLEN = 40;
  private static final short ETH_P_IP = 0x0008;
  private static final short ETH_P_IPV6 = (short) 0xdd86;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int NFPROTO_IPV4 = 2;
  private static final int NFPROTO_IPV6 = 10;
  private static final int NF_INET_LOCAL_OUT = 3;

  /** {@code sizeof(struct bpf_sk_lookup)}. */
  private static final int SK_LOOKUP_SIZE = 72;

  private static final int U16_MAX = 0xffff;

  private final Kernel kernel;
  private final TestRun runner;
  private final Memory memory;

  NetTestRun(Kernel kernel, TestRun runner) {
    this.kernel = kernel;
    this.runner = runner;
    this.memory = kernel.memory();
  }

  /** {@code bpf_prog_test_run_flow_dissector}: the output are the keys. */
  TestRun.Answer flowDissector(LoadedProgram program, TestRun.Request request) {
    int size = request.data().length;
    if (request.special() || size < TestRun.ETH_HLEN || size > TestRun.PAGE_SIZE) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    StructLayout keys = kernel.layouts().of("bpf_flow_keys");
    StructLayout dissector = kernel.layouts().of("bpf_flow_dissector");
    byte[] context = TestRun.context(request, keys.size());
    if (context == null) {
      return TestRun.Answer.error(Errno.E2BIG);
    }
    int flagsAt = keys.offset("flags");
    if (!TestRun.isZero(context, 0, flagsAt)
        || !TestRun.isZero(context, flagsAt + 4, keys.size())) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    long data = kernel.slab().kmalloc(size, Gfp.KERNEL);
    long flow = kernel.slab().kmalloc(keys.size(), Gfp.KERNEL | Gfp.ZERO);
    long argument = kernel.slab().kmalloc(dissector.size(), Gfp.KERNEL | Gfp.ZERO);
    try {
      memory.write(data, request.data(), 0, size);
      memory.writeLong(argument + dissector.offset("flow_keys"), flow);
      memory.writeLong(argument + dissector.offset("data"), data);
      memory.writeLong(argument + dissector.offset("data_end"), data + size);
      int flags = new UserStruct(context).getInt(flagsAt);
      TestRun.Run run = null;
      for (int i = 0; i < Math.max(1, request.repeat()); i++) {
        memory.fill(flow, (byte) 0, keys.size());
        memory.writeShort(flow + keys.offset("n_proto"), memory.readShort(data + 12));
        memory.writeShort(flow + keys.offset("nhoff"), (short) TestRun.ETH_HLEN);
        memory.writeShort(flow + keys.offset("thoff"), (short) TestRun.ETH_HLEN);
        memory.writeInt(flow + flagsAt, flags);
        run = runner.repeat(program, argument, 1);
        int nhoff = clamp(flow + keys.offset("nhoff"), TestRun.ETH_HLEN, size);
        clamp(flow + keys.offset("thoff"), nhoff, size);
      }
      byte[] out = new byte[keys.size()];
      memory.read(flow, out, 0, out.length);
      return run == null
          ? TestRun.Answer.error(Errno.EINVAL)
          : TestRun.finish(request, run, out, context);
    } finally {
      List.of(data, flow, argument).forEach(kernel.slab()::kfree);
    }
  }

  private int clamp(long at, int low, int high) {
    int value = Short.toUnsignedInt(memory.readShort(at));
    int clamped = Math.min(Math.max(value, low), high);
    memory.writeShort(at, (short) clamped);
    return clamped;
  }

  /** {@code bpf_prog_test_run_sk_lookup}. */
  TestRun.Answer skLookup(LoadedProgram program, TestRun.Request request) {
    if (request.special()
        || request.data().length != 0
        || request.dataSizeOut() != 0
        || request.context().length == 0) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    byte[] context = TestRun.context(request, SK_LOOKUP_SIZE);
    if (context == null) {
      return TestRun.Answer.error(Errno.E2BIG);
    }
    UserStruct user = new UserStruct(context);
    if (user.getLong(0) != 0 || !TestRun.isZero(context, 64, SK_LOOKUP_SIZE)) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    if (Integer.compareUnsigned(user.getInt(60), U16_MAX) > 0) {
      return TestRun.Answer.error(Errno.ERANGE);
    }
    StructLayout layout = kernel.layouts().of("bpf_sk_lookup_kern");
    long lookup = kernel.slab().kmalloc(layout.size(), Gfp.KERNEL | Gfp.ZERO);
    long addresses = kernel.slab().kmalloc(SK_LOOKUP_SIZE, Gfp.KERNEL);
    try {
      memory.write(addresses, context, 0, SK_LOOKUP_SIZE);
      int family = Short.toUnsignedInt((short) user.getInt(8));
      memory.writeShort(lookup + layout.offset("family"), (short) family);
      memory.writeShort(lookup + layout.offset("protocol"), (short) user.getInt(12));
      memory.writeShort(lookup + layout.offset("dport"), (short) user.getInt(60));
      memory.writeShort(lookup + layout.offset("sport"), user.getShort(36));
      if (family == AF_INET) {
        memory.writeInt(lookup + layout.offset("v4.daddr"), user.getInt(40));
        memory.writeInt(lookup + layout.offset("v4.saddr"), user.getInt(16));
      } else if (family == AF_INET6) {
        memory.writeLong(lookup + layout.offset("v6.daddr"), addresses + 44);
        memory.writeLong(lookup + layout.offset("v6.saddr"), addresses + 20);
      } else {
        return TestRun.Answer.error(Errno.EAFNOSUPPORT);
      }
      TestRun.Run run = runner.repeat(program, lookup, request.repeat());
      // The user's struct comes back with the cookie of the socket chosen in place of the socket.
      long chosen = memory.readLong(lookup + layout.offset("selected_sk"));
      user.putLong(0, chosen == 0 ? 0 : cookie(chosen));
      return TestRun.finish(request, run, new byte[0], context);
    } finally {
      kernel.slab().kfree(addresses);
      kernel.slab().kfree(lookup);
    }
  }

  private long cookie(long sk) {
    return memory.readLong(sk + kernel.layouts().of("sock_common").offset("skc_cookie"));
  }

  /** {@code bpf_prog_test_run_nf}. */
  TestRun.Answer netfilter(LoadedProgram program, TestRun.Request request) {
    int size = request.data().length;
    if (request.special()
        || size < IP_HLEN
        || size > TestRun.PAGE_SIZE - SkbTestRun.HEADROOM - SkBuffs.SHARED_INFO) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    StructLayout state = kernel.layouts().of("nf_hook_state");
    byte[] context = TestRun.context(request, state.size());
    if (context == null) {
      return TestRun.Answer.error(Errno.E2BIG);
    }
    int hook = NF_INET_LOCAL_OUT;
    int family = NFPROTO_IPV4;
    if (request.context().length != 0) {
      hook = context[state.offset("hook")] & 0xff;
      family = context[state.offset("pf")] & 0xff;
      boolean known = family == NFPROTO_IPV4 || family == NFPROTO_IPV6;
      if (!known || !TestRun.isZero(context, state.offset("in"), state.size())) {
        return TestRun.Answer.error(Errno.EINVAL);
      }
    }
    SkBuffs packets = new SkBuffs(kernel.core());
    StructLayout argument = kernel.layouts().of("bpf_nf_ctx");
    long skb = packets.allocate(size + SkbTestRun.HEADROOM, SkbTestRun.HEADROOM);
    long hookState = kernel.slab().kmalloc(state.size(), Gfp.KERNEL | Gfp.ZERO);
    long arguments = kernel.slab().kmalloc(argument.size(), Gfp.KERNEL | Gfp.ZERO);
    try {
      packets.put(skb, size);
      memory.write(packets.data(skb), request.data(), 0, size);
      NetDevice device = kernel.net().devices().getFirst();
      // The kernel looks at the hook before it takes the user's, so all runs are those of local
      // out.
      if (request.context().length != 0) {
        memory.writeLong(hookState + state.offset("out"), device.address());
      }
      memory.writeByte(hookState + state.offset("hook"), (byte) hook);
      memory.writeByte(hookState + state.offset("pf"), (byte) family);
      int errno = protocol(packets, skb, hook, family, size, device);
      if (errno != 0) {
        return TestRun.Answer.error(errno);
      }
      memory.writeLong(arguments + argument.offset("state"), hookState);
      memory.writeLong(arguments + argument.offset("skb"), skb);
      TestRun.Run run = runner.repeat(program, arguments, request.repeat());
      return new TestRun.Answer(0, run.retval(), new byte[0], 0, new byte[0], run.nanos());
    } finally {
      packets.free(skb);
      kernel.slab().kfree(hookState);
      kernel.slab().kfree(arguments);
    }
  }

  private int protocol(
      SkBuffs packets, long skb, int hook, int family, int size, NetDevice device) {
    if (hook == NF_INET_LOCAL_OUT) {
      packets.setProtocol(skb, family == NFPROTO_IPV4 ? ETH_P_IP : ETH_P_IPV6);
      return 0;
    }
    if (size < TestRun.ETH_HLEN + IP_HLEN) {
      return Errno.EINVAL;
    }
    new SkbTestRun(kernel, runner).receive(skb, device);
    return switch (packets.protocol(skb)) {
      case ETH_P_IP -> family == NFPROTO_IPV4 ? 0 : Errno.EINVAL;
      case ETH_P_IPV6 ->
          size >= TestRun.ETH_HLEN + IP6_HLEN && family == NFPROTO_IPV6 ? 0 : Errno.EINVAL;
      default -> Errno.EPROTO;
    };
  }
}
