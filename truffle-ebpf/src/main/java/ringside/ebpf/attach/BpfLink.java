package ringside.ebpf.attach;

import com.oracle.truffle.api.CallTarget;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.refcount.Counted;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.hook.AttachException;
import ringside.hook.Attachment;
import ringside.hook.HookPoint;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;

/**
 * One program on one hook point ({@code struct bpf_link}); its last reference takes the program off
 * again.
 *
 * <p>Made by {@link Links}. It holds its program, and whatever memory the hook's adapter needs.
 */
public final class BpfLink extends Counted {
  private final Bpf bpf;
  private final int id;
  private final LinkTarget target;
  private final HookPoint hook;
  private final long buffer;
  private final Function<LoadedProgram, CallTarget> adapter;
  private LoadedProgram program;
  private @Nullable Attachment attachment;

  /**
   * Attaches a program.
   *
   * @param buffer kernel memory of the adapter, which the link frees, or 0
   * @param adapter makes of a program what the hook calls
   * @throws AttachException where the hook refuses; nothing is left behind then
   */
  BpfLink(
      LoadedProgram program,
      LinkTarget target,
      HookPoint hook,
      long buffer,
      Function<LoadedProgram, CallTarget> adapter) {
    this.bpf = program.bpf();
    this.target = target;
    this.hook = hook;
    this.buffer = buffer;
    this.adapter = adapter;
    this.program = program;
    try {
      this.attachment = put(program);
    } catch (AttachException refused) {
      freeBuffer();
      throw refused;
    }
    program.get();
    this.id = bpf.links().reserve();
    bpf.links().put(id, this);
  }

  /**
   * Attaches a program where its section's name says, for the host.
   *
   * @param target what the name has behind its slash: for XDP a device ({@code eth0} when empty),
   *     for tracepoints {@code group/event}, for raw tracepoints the event, for kprobes the
   *     function
   * @return the link with one reference, the caller's, which {@link #detach} drops
   * @throws AttachException where the hook refuses; {@code ENOENT} where there is no such hook,
   *     {@code EINVAL} where programs of that type attach to nothing here
   */
  public static BpfLink attach(Kernel kernel, LoadedProgram program, String target) {
    Links links = new Links(kernel);
    return switch (program.type()) {
      case XDP -> links.xdp(program, links.device(target.isEmpty() ? "eth0" : target));
      case KPROBE -> links.kprobe(program, target, 0);
      case RAW_TRACEPOINT -> links.rawTracepoint(program, target, 0);
      case TRACEPOINT -> links.tracepoint(program, links.event(target.replace('/', ':')), 0);
      default ->
          throw new AttachException(
              Errno.EINVAL,
              "programs of type " + program.type().label() + " attach to nothing here");
    };
  }

  /** Its number, from 1. */
  public int id() {
    return id;
  }

  /** What it binds its program to. */
  public LinkTarget target() {
    return target;
  }

  /** Its program. */
  public LoadedProgram program() {
    return program;
  }

  /** The hook. */
  public HookPoint hook() {
    return hook;
  }

  /** What is attached to it, or null once it is taken off. */
  public @Nullable Attachment attachment() {
    return attachment;
  }

  /** Drops the caller's reference, which takes the program off where it is the last one. */
  public void detach() {
    put();
  }

  /** Takes the program off the hook; the link stays, and does nothing ({@code LINK_DETACH}). */
  public void disconnect() {
    Attachment present = attachment;
    if (present != null) {
      hook.detach(present);
      attachment = null;
    }
  }

  /**
   * Puts another program in the place of its own.
   *
   * @throws AttachException {@code ENOLINK} where the program has been taken off
   */
  public void replace(LoadedProgram other) {
    Attachment present = attachment;
    if (present == null) {
      throw new AttachException(Errno.ENOLINK, "link " + id + " is detached");
    }
    hook.detach(present);
    attachment = put(other);
    other.get();
    program.put();
    program = other;
  }

  private Attachment put(LoadedProgram of) {
    int priority = target instanceof LinkTarget.Netfilter netfilter ? netfilter.priority() : 0;
    Attachment made = new Attachment(of.name(), of.id(), priority, adapter.apply(of));
    hook.attach(made);
    return made;
  }

  @Override
  protected void released() {
    disconnect();
    bpf.links().remove(id);
    freeBuffer();
    program.put();
  }

  private void freeBuffer() {
    if (buffer != 0) {
      bpf.kernel().slab().kfree(buffer);
    }
  }

  @Override
  public String toString() {
    return "link " + id;
  }
}
