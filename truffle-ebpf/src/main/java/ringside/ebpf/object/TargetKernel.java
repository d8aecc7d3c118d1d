package ringside.ebpf.object;

import java.util.Map;
import java.util.function.ToLongFunction;
import ringside.format.btf.Btf;
import ringside.kernel.Kernel;
import ringside.kernel.core.BuildOptions;
import ringside.kernel.core.KernelVersion;
import ringside.kernel.layout.StructLayouts;
import ringside.kernel.text.KernelSymbols;

/**
 * What an object is relocated against: the facts that libbpf asks the running kernel for.
 *
 * @param btf {@code /sys/kernel/btf/vmlinux}
 * @param versionCode {@code LINUX_VERSION_CODE}
 * @param options {@code /proc/config.gz}: values by name, {@code y}, {@code m}, a number or a
 *     quoted string
 * @param addresses {@code /proc/kallsyms}: 0 for what it does not have
 * @param bpfCookie whether programs can ask for their attach cookie
 * @param syscallWrapper whether system calls are functions that take {@code struct pt_regs *}
 */
public record TargetKernel(
    Btf btf,
    int versionCode,
    Map<String, String> options,
    ToLongFunction<String> addresses,
    boolean bpfCookie,
    boolean syscallWrapper) {

  /** The simulated kernel before it is booted: it has no addresses yet. */
  public static TargetKernel unbooted() {
    return new TargetKernel(
        StructLayouts.ofKernel().btf(),
        KernelVersion.DEFAULT.code(),
        BuildOptions.all(),
        name -> 0,
        true,
        true);
  }

  /** A booted kernel. */
  public static TargetKernel of(Kernel kernel) {
    return new TargetKernel(
        kernel.layouts().btf(),
        kernel.config().version().code(),
        BuildOptions.all(),
        name -> {
          KernelSymbols.Symbol symbol = kernel.symbols().symbol(name);
          return symbol == null ? 0 : symbol.address();
        },
        true,
        true);
  }

  /** The same with other build options. */
  public TargetKernel withOptions(Map<String, String> other) {
    return new TargetKernel(btf, versionCode, other, addresses, bpfCookie, syscallWrapper);
  }

  /** The same with other types. */
  public TargetKernel withBtf(Btf other) {
    return new TargetKernel(other, versionCode, options, addresses, bpfCookie, syscallWrapper);
  }
}
