package ringside.toolchain;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What C is compiled for; the flags are part of every experiment's conditions. */
public enum Target {
  /** An eBPF object with BTF. */
  BPF(".bpf.o"),

  /** A loadable kernel module for RV64, {@code ld -r} of its objects. */
  MODULE(".ko"),

  /** A static Ring 3 executable for RV64. */
  USER("");

  private final String suffix;

  Target(String suffix) {
    this.suffix = suffix;
  }

  /** What the name of an output ends in by default, {@code ".ko"} for instance. */
  public String suffix() {
    return suffix;
  }

  /** The name on command lines: {@code bpf}, {@code module} or {@code user}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The compiler's flags, without includes and defines. */
  public List<String> flags() {
    return switch (this) {
      case BPF -> List.of("--target=bpf", "-mcpu=v4", "-O2", "-g", "-D__TARGET_ARCH_riscv");
      // Frame pointers as arch/riscv has them by default, so that an oops can print a call trace;
      // the
      // other three as in Linux's Makefile: a store through NULL must trap, not vanish as
      // undefined.
      case MODULE ->
          riscv(
              "-D__KERNEL__",
              "-DMODULE",
              "-fno-omit-frame-pointer",
              "-fno-delete-null-pointer-checks",
              "-fno-strict-aliasing",
              "-fwrapv");
      case USER -> riscv();
    };
  }

  private static List<String> riscv(String... more) {
    // Zicsr and Zifencei used to be part of I; without them clang refuses CSR instructions in
    // inline assembly.
    List<String> flags =
        List.of(
            "--target=riscv64-unknown-elf",
            "-march=rv64imac_zicsr_zifencei",
            "-mabi=lp64",
            "-mcmodel=medany",
            "-fno-pic",
            "-mno-relax",
            "-ffreestanding",
            "-nostdlib",
            "-fno-common",
            "-msmall-data-limit=0",
            "-fno-asynchronous-unwind-tables",
            "-O2");
    return Stream.concat(flags.stream(), Stream.of(more)).toList();
  }
}
