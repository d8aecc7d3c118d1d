package ringside.rv64.isa;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The control and status registers of the machine (privileged specification, chapter 2). */
public enum Csr {
  CYCLE(0xc00),
  TIME(0xc01),
  INSTRET(0xc02),
  SSTATUS(0x100),
  SIE(0x104),
  STVEC(0x105),
  SCOUNTEREN(0x106),
  SSCRATCH(0x140),
  SEPC(0x141),
  SCAUSE(0x142),
  STVAL(0x143),
  SIP(0x144),
  SATP(0x180);

  private static final Map<Integer, Csr> BY_NUMBER =
      Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Csr::number, csr -> csr));

  private final int number;

  Csr(int number) {
    this.number = number;
  }

  /** Its 12-bit number, as an instruction encodes it. */
  public int number() {
    return number;
  }

  /** Whether Ring 3 may name it. */
  public boolean unprivileged() {
    return (number >>> 8 & 3) == 0;
  }

  /** Whether writing it is illegal, which its number says. */
  public boolean readOnly() {
    return number >>> 10 == 3;
  }

  /** The register with a number, or null where this machine has none. */
  public static @Nullable Csr of(int number) {
    return BY_NUMBER.get(number);
  }
}
