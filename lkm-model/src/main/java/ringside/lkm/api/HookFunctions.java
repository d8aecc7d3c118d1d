package ringside.lkm.api;

import static ringside.kernel.text.KernelFunction.Export.ALL;
import static ringside.kernel.text.KernelFunction.Export.GPL;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.hook.Attachment;
import ringside.hook.HookPoint;
import ringside.kernel.Kernel;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.Netfilter;
import ringside.kernel.text.KernelFunction;
import ringside.kernel.text.KernelSymbols.Symbol;
import ringside.kernel.trace.Tracepoint;
import ringside.lkm.loader.KernelText;
import ringside.lkm.vm.CallbackRootNode;

/**
 * How modules attach machine code to the kernel's hooks: netfilter, kprobes, tracepoints.
 *
 * <p>A callback's address becomes a call target once, at registration, so that it inlines into its
 * hook. A module that goes without unregistering leaves it behind, and the next event jumps to
 * where its code was.
 */
public final class HookFunctions {
  private static final int ENOENT = 2;
  private static final int EEXIST = 17;
  private static final int EINVAL = 22;

  /** {@code enum nf_inet_hooks}, by number. */
  private static final List<Netfilter.Hook> HOOKS = List.of(Netfilter.Hook.values());

  private static final int NFPROTO_INET = 1;
  private static final int NFPROTO_IPV4 = 2;

  private final Kernel kernel;
  private final Memory memory;
  private final StructLayout ops;
  private final StructLayout kprobe;
  private final Map<Long, Tracepoint> tracepoints = new HashMap<>();
  private final Map<Key, Attached> attached = new HashMap<>();

  /** What was registered: the C object, and what tells its registrations apart. */
  private record Key(long object, long callback, long data) {}

  private record Attached(HookPoint hook, Attachment attachment) {}

  /** Makes the functions, and gives every tracepoint its {@code struct tracepoint}. */
  public HookFunctions(Kernel kernel) {
    this.kernel = kernel;
    this.memory = kernel.memory();
    this.ops = kernel.layouts().of("nf_hook_ops");
    this.kprobe = kernel.layouts().of("kprobe");
    for (Tracepoint tracepoint : kernel.trace().tracepoints()) {
      tracepoints.put(
          kernel.symbols().defineData("__tracepoint_" + tracepoint.name(), 8, GPL), tracepoint);
    }
  }

  /** Registers a netfilter hook. */
  @KernelFunction(export = ALL)
  public int nf_register_net_hook(long net, long reg) {
    int family = memory.readByte(reg + ops.offset("pf")) & 0xff;
    int number = memory.readInt(reg + ops.offset("hooknum"));
    if ((family != NFPROTO_IPV4 && family != NFPROTO_INET)
        || number < 0
        || number >= HOOKS.size()) {
      return -EINVAL;
    }
    long callback = memory.readLong(reg + ops.offset("hook"));
    long priv = memory.readLong(reg + ops.offset("priv"));
    int priority = memory.readInt(reg + ops.offset("priority"));
    HookPoint hook = kernel.net().netfilter().hook(HOOKS.get(number));
    return attach(new Key(reg, callback, priv), hook, callback, priv, priority, 2);
  }

  /** Removes a netfilter hook; one that was not registered is let be. */
  @KernelFunction(export = ALL)
  public void nf_unregister_net_hook(long net, long reg) {
    detach(
        new Key(
            reg,
            memory.readLong(reg + ops.offset("hook")),
            memory.readLong(reg + ops.offset("priv"))));
  }

  /** Registers an array of netfilter hooks, all or none. */
  @KernelFunction(export = ALL)
  public int nf_register_net_hooks(long net, long reg, int count) {
    for (int i = 0; i < count; i++) {
      int result = nf_register_net_hook(net, reg + (long) i * ops.size());
      if (result != 0) {
        nf_unregister_net_hooks(net, reg, i);
        return result;
      }
    }
    return 0;
  }

  /** Removes an array of netfilter hooks. */
  @KernelFunction(export = ALL)
  public void nf_unregister_net_hooks(long net, long reg, int count) {
    for (int i = count - 1; i >= 0; i--) {
      nf_unregister_net_hook(net, reg + (long) i * ops.size());
    }
  }

  /**
   * Plants a probe on the entry of a kernel function.
   *
   * <p>{@code -EINVAL} for an address that is no function's entry or that this kernel cannot probe.
   */
  @KernelFunction(export = GPL)
  public int register_kprobe(long p) {
    long address = memory.readLong(p + kprobe.offset("addr"));
    long name = memory.readLong(p + kprobe.offset("symbol_name"));
    int offset = memory.readInt(p + kprobe.offset("offset"));
    if ((address != 0) == (name != 0)) {
      return -EINVAL;
    }
    if (name != 0) {
      address = kernel.symbols().address(KernelText.read(memory, name));
      if (address == 0) {
        return -ENOENT;
      }
    }
    if (offset != 0) {
      return -EINVAL; // Java functions have no instructions behind their entry
    }
    long handler = memory.readLong(p + kprobe.offset("pre_handler"));
    HookPoint hook = kernel.trace().kprobeAt(address);
    if (hook == null) {
      // kallsyms_lookup_name has no probe point, yet its address is what many look for this way.
      Symbol symbol = kernel.symbols().at(address);
      if (symbol == null || symbol.address() != address || handler != 0) {
        return -EINVAL;
      }
      memory.writeLong(p + kprobe.offset("addr"), address);
      return 0;
    }
    int result = handler == 0 ? 0 : attach(new Key(p, 0, 0), hook, handler, p, 0, 1);
    if (result == 0) {
      memory.writeLong(p + kprobe.offset("addr"), address);
    }
    return result;
  }

  /** Takes a probe away. */
  @KernelFunction(export = GPL)
  public void unregister_kprobe(long p) {
    detach(new Key(p, 0, 0));
  }

  /** Connects a probe to a tracepoint. */
  @KernelFunction(export = GPL)
  public int tracepoint_probe_register(long tracepoint, long probe, long data) {
    Tracepoint found = tracepoints.get(tracepoint);
    if (found == null || probe == 0) {
      return -EINVAL;
    }
    return attach(new Key(tracepoint, probe, data), found.hook(), probe, data, 0, 2);
  }

  /** Disconnects a probe from a tracepoint. */
  @KernelFunction(export = GPL)
  public int tracepoint_probe_unregister(long tracepoint, long probe, long data) {
    return detach(new Key(tracepoint, probe, data)) ? 0 : -ENOENT;
  }

  private int attach(
      Key key, HookPoint hook, long callback, long first, int priority, int arguments) {
    if (attached.containsKey(key)) {
      return -EEXIST;
    }
    String name = nameOf(callback);
    CallbackRootNode adapter =
        new CallbackRootNode(
            kernel.language(), name, kernel.cpu().callTarget(callback), first, arguments);
    Attachment attachment = new Attachment(name, priority, adapter.getCallTarget());
    hook.attach(attachment);
    attached.put(key, new Attached(hook, attachment));
    return 0;
  }

  private boolean detach(Key key) {
    Attached found = attached.remove(key);
    return found != null && found.hook().detach(found.attachment());
  }

  private String nameOf(long callback) {
    @Nullable Symbol symbol = kernel.symbols().at(callback);
    return symbol == null ? "0x" + Long.toHexString(callback) : symbol.name();
  }
}
