package ringside.ebpf.attach;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.vm.ContextRootNode;
import ringside.ebpf.vm.EbpfLanguage;
import ringside.hook.AttachException;
import ringside.hook.HookPoint;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;
import ringside.kernel.net.NetDevice;
import ringside.kernel.net.Netfilter;
import ringside.kernel.text.KernelSymbols.Symbol;
import ringside.kernel.trace.Tracepoint;

/**
 * Makes the links of one kernel: each kind finds its hook and adapts programs to it.
 *
 * <p>A link has one reference, the caller's. Everything throws {@link AttachException} with the
 * kernel's errno.
 */
public final class Links {
  /** {@code MAX_BPF_FUNC_ARGS} arguments of 8 bytes. */
  private static final int RAW_ARGUMENTS = 12 * Long.BYTES;

  /** {@code struct bpf_nf_ctx}: two pointers. */
  private static final int NF_CONTEXT = 2 * Long.BYTES;

  private static final int NFPROTO_IPV4 = 2;

  private final Kernel kernel;

  /** Makes the links of a kernel. */
  public Links(Kernel kernel) {
    this.kernel = kernel;
  }

  /** The device of that name; {@code ENODEV} without. */
  public NetDevice device(String name) {
    for (NetDevice device : kernel.net().devices()) {
      if (device.name().equals(name)) {
        return device;
      }
    }
    throw new AttachException(Errno.ENODEV, "no network device " + name);
  }

  /** The device of that index; {@code ENODEV} without. */
  public NetDevice device(int index) {
    for (NetDevice device : kernel.net().devices()) {
      if (device.index() == index) {
        return device;
      }
    }
    throw new AttachException(Errno.ENODEV, "no network device has index " + index);
  }

  /** The tracepoint of that full name, {@code group:event}; {@code ENOENT} without. */
  public Tracepoint event(String name) {
    return found(kernel.trace().tracepoint(name), "tracepoint " + name.replace(':', '/'));
  }

  /** A program on a device. */
  public BpfLink xdp(LoadedProgram program, NetDevice device) {
    return direct(program, new LinkTarget.Xdp(device), device.xdp());
  }

  /** A program on a kernel function's entry; {@code ENOENT} where it cannot be probed. */
  public BpfLink kprobe(LoadedProgram program, String function, long cookie) {
    HookPoint hook = found(kernel.trace().kprobe(function), "function " + function + " to probe");
    Symbol symbol = kernel.symbols().symbol(function);
    long address = symbol == null ? 0 : symbol.address();
    return direct(program, new LinkTarget.Kprobe(function, address, cookie), hook);
  }

  private BpfLink direct(LoadedProgram program, LinkTarget target, HookPoint hook) {
    return new BpfLink(
        program, target, hook, 0, of -> ContextRootNode.direct(language(), of.runnable()));
  }

  /** A program on a tracepoint's arguments; {@code ENOENT} without such a tracepoint. */
  public BpfLink rawTracepoint(LoadedProgram program, String event, long cookie) {
    Tracepoint tracepoint = null;
    for (Tracepoint each : kernel.trace().tracepoints()) {
      if (each.name().equals(event)) {
        tracepoint = each;
      }
    }
    HookPoint hook = found(tracepoint, "tracepoint " + event).hook();
    long buffer = memory(RAW_ARGUMENTS);
    return new BpfLink(
        program,
        new LinkTarget.RawTracepoint(event, cookie),
        hook,
        buffer,
        of -> ContextRootNode.rawTracepoint(language(), of.runnable(), kernel.memory(), buffer));
  }

  /** A program on a tracepoint's record. */
  public BpfLink tracepoint(LoadedProgram program, Tracepoint tracepoint, long cookie) {
    long buffer = memory(tracepoint.record().size());
    int pid = kernel.layouts().of("task_struct").offset("pid");
    return new BpfLink(
        program,
        new LinkTarget.Event(tracepoint, cookie),
        tracepoint.hook(),
        buffer,
        of ->
            ContextRootNode.tracepoint(
                language(),
                of.runnable(),
                kernel.memory(),
                buffer,
                tracepoint,
                kernel.core().thisCpu(),
                pid));
  }

  /**
   * A program on a netfilter hook ({@code bpf_nf_link_attach}).
   *
   * @throws AttachException {@code EAFNOSUPPORT} for a family without hooks here, {@code EPROTO}
   *     for a hook that there is not, {@code ERANGE} for the priorities that conntrack keeps
   */
  public BpfLink netfilter(LoadedProgram program, int family, int number, int priority, int flags) {
    if (family != NFPROTO_IPV4) {
      throw new AttachException(Errno.EAFNOSUPPORT, "no netfilter hooks of family " + family);
    }
    Netfilter.Hook[] all = Netfilter.Hook.values();
    if (number < 0 || number >= all.length) {
      throw new AttachException(Errno.EPROTO, "no netfilter hook " + number);
    }
    if (priority == Integer.MIN_VALUE || priority == Integer.MAX_VALUE) {
      throw new AttachException(Errno.ERANGE, "that priority is conntrack's");
    }
    long buffer = memory(NF_CONTEXT);
    return new BpfLink(
        program,
        new LinkTarget.Netfilter(family, number, priority, flags),
        kernel.net().netfilter().hook(all[number]),
        buffer,
        of -> ContextRootNode.netfilter(language(), of.runnable(), kernel.memory(), buffer));
  }

  private long memory(int bytes) {
    long buffer = kernel.slab().kmalloc(bytes, Gfp.KERNEL | Gfp.ZERO);
    if (buffer == 0) {
      throw new AttachException(Errno.ENOMEM, "no memory for a program's context");
    }
    return buffer;
  }

  private static <T> T found(@Nullable T thing, String what) {
    if (thing == null) {
      throw new AttachException(Errno.ENOENT, "the kernel has no " + what);
    }
    return thing;
  }

  private EbpfLanguage language() {
    return kernel.guest().language(EbpfLanguage.ID, EbpfLanguage::get);
  }
}
