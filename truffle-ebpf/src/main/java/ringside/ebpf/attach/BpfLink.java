package ringside.ebpf.attach;

import com.oracle.truffle.api.CallTarget;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.vm.ContextRootNode;
import ringside.ebpf.vm.EbpfLanguage;
import ringside.hook.AttachException;
import ringside.hook.Attachment;
import ringside.hook.HookPoint;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;
import ringside.kernel.net.NetDevice;
import ringside.kernel.trace.Tracepoint;

/**
 * One program on one hook point ({@code struct bpf_link}); it is what detaches the program.
 *
 * <p>What a hook adapter needs of memory is kept until {@link #detach}.
 */
public final class BpfLink {
  /** {@code MAX_BPF_FUNC_ARGS} arguments of 8 bytes. */
  private static final int RAW_ARGUMENTS = 12 * Long.BYTES;

  private final Kernel kernel;
  private final HookPoint hook;
  private final Attachment attachment;
  private final long buffer;

  private BpfLink(Kernel kernel, HookPoint hook, Attachment attachment, long buffer) {
    this.kernel = kernel;
    this.hook = hook;
    this.attachment = attachment;
    this.buffer = buffer;
  }

  /**
   * Attaches a program where its section's name says.
   *
   * @param target what the name has behind its slash: for XDP a device ({@code eth0} when empty),
   *     for tracepoints {@code group/event}, for raw tracepoints the event, for kprobes the
   *     function
   * @throws AttachException where the hook refuses; {@code ENOENT} where there is no such hook,
   *     {@code EINVAL} where programs of that type attach to nothing here
   */
  public static BpfLink attach(Kernel kernel, LoadedProgram program, String target) {
    return switch (program.type()) {
      case XDP -> direct(kernel, program, device(kernel, target).xdp());
      case KPROBE -> {
        HookPoint hook = kernel.trace().kprobe(target);
        yield direct(kernel, program, found(hook, "function " + target + " to probe"));
      }
      case RAW_TRACEPOINT -> rawTracepoint(kernel, program, target);
      case TRACEPOINT -> tracepoint(kernel, program, target);
      default ->
          throw new AttachException(
              Errno.EINVAL,
              "programs of type " + program.type().label() + " attach to nothing here");
    };
  }

  /** The hook. */
  public HookPoint hook() {
    return hook;
  }

  /** What is attached to it. */
  public Attachment attachment() {
    return attachment;
  }

  /** Takes the program off the hook again. */
  public void detach() {
    if (hook.detach(attachment) && buffer != 0) {
      kernel.slab().kfree(buffer);
    }
  }

  private static BpfLink direct(Kernel kernel, LoadedProgram program, HookPoint hook) {
    CallTarget target = ContextRootNode.direct(language(kernel), program.name(), program.target());
    return put(kernel, program, hook, target, 0);
  }

  private static BpfLink rawTracepoint(Kernel kernel, LoadedProgram program, String event) {
    Tracepoint tracepoint = null;
    for (Tracepoint each : kernel.trace().tracepoints()) {
      if (each.name().equals(event)) {
        tracepoint = each;
      }
    }
    HookPoint hook = found(tracepoint, "tracepoint " + event).hook();
    long buffer = kernel.slab().kmalloc(RAW_ARGUMENTS, Gfp.KERNEL | Gfp.ZERO);
    CallTarget target =
        ContextRootNode.rawTracepoint(
            language(kernel), program.name(), program.target(), kernel.memory(), buffer);
    return put(kernel, program, hook, target, buffer);
  }

  private static BpfLink tracepoint(Kernel kernel, LoadedProgram program, String event) {
    Tracepoint tracepoint =
        found(kernel.trace().tracepoint(event.replace('/', ':')), "tracepoint " + event);
    long buffer = kernel.slab().kmalloc(tracepoint.record().size(), Gfp.KERNEL | Gfp.ZERO);
    CallTarget target =
        ContextRootNode.tracepoint(
            language(kernel),
            program.name(),
            program.target(),
            kernel.memory(),
            buffer,
            tracepoint,
            kernel.core().thisCpu(),
            kernel.layouts().of("task_struct").offset("pid"));
    return put(kernel, program, tracepoint.hook(), target, buffer);
  }

  private static BpfLink put(
      Kernel kernel, LoadedProgram program, HookPoint hook, CallTarget target, long buffer) {
    Attachment attachment = new Attachment(program.name(), program.id(), 0, target);
    BpfLink point = new BpfLink(kernel, hook, attachment, buffer);
    try {
      hook.attach(attachment);
    } catch (RuntimeException e) {
      if (buffer != 0) {
        kernel.slab().kfree(buffer);
      }
      throw e;
    }
    return point;
  }

  private static NetDevice device(Kernel kernel, String name) {
    String wanted = name.isEmpty() ? "eth0" : name;
    for (NetDevice device : kernel.net().devices()) {
      if (device.name().equals(wanted)) {
        return device;
      }
    }
    throw new AttachException(Errno.ENODEV, "no network device " + wanted);
  }

  private static <T> T found(@Nullable T thing, String what) {
    if (thing == null) {
      throw new AttachException(Errno.ENOENT, "the kernel has no " + what);
    }
    return thing;
  }

  private static EbpfLanguage language(Kernel kernel) {
    return kernel.guest().language(EbpfLanguage.ID, EbpfLanguage::get);
  }
}
