package ringside.format.elf;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * Architectures that are recognised by name in {@code e_machine}; the two we run are BPF and
 * RISC-V.
 */
public enum Machine {
  /** {@code EM_386}. */
  I386(3, "Intel 80386"),
  /** {@code EM_MIPS}. */
  MIPS(8, "MIPS"),
  /** {@code EM_PPC64}. */
  PPC64(21, "PowerPC 64-bit"),
  /** {@code EM_S390}. */
  S390(22, "IBM S/390"),
  /** {@code EM_ARM}. */
  ARM(40, "ARM"),
  /** {@code EM_X86_64}. */
  X86_64(62, "x86-64"),
  /** {@code EM_AARCH64}. */
  AARCH64(183, "AArch64"),
  /** {@code EM_RISCV}. */
  RISCV(243, "RISC-V"),
  /** {@code EM_BPF}. */
  BPF(247, "Linux BPF"),
  /** {@code EM_LOONGARCH}. */
  LOONGARCH(258, "LoongArch");

  private final int code;
  private final String words;

  Machine(int code, String words) {
    this.code = code;
    this.words = words;
  }

  /** The value of {@code e_machine}. */
  public int code() {
    return code;
  }

  /** The name for people. */
  public String words() {
    return words;
  }

  /** The machine of a value of {@code e_machine}, when it is one of these. */
  public static Optional<Machine> of(int code) {
    return Stream.of(values()).filter(machine -> machine.code == code).findFirst();
  }

  /** The name for people of any value of {@code e_machine}. */
  public static String words(int code) {
    return of(code).map(Machine::words).orElse("machine " + code);
  }
}
