package ringside.rv64.vm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.mm.Memory;
import ringside.rv64.hart.Hart;
import ringside.rv64.isa.Op;

/** The A extension's read-modify-write operations (unprivileged specification, chapter 14). */
final class Atomics {
  private Atomics() {}

  /** Executes an AMO and returns what was in memory. */
  static long amo(Op op, Memory memory, long address, long value, long pc) {
    return switch (op) {
      case AMOSWAP_W, AMOADD_W, AMOXOR_W, AMOAND_W, AMOOR_W -> {
        checkAligned(address, 4, pc);
        yield word(op, memory, address, (int) value);
      }
      case AMOSWAP_D, AMOADD_D, AMOXOR_D, AMOAND_D, AMOOR_D -> {
        checkAligned(address, 8, pc);
        yield doubleword(op, memory, address, value);
      }
      case AMOMIN_W, AMOMAX_W, AMOMINU_W, AMOMAXU_W -> {
        checkAligned(address, 4, pc);
        yield extremeWord(op, memory, address, (int) value);
      }
      default -> {
        checkAligned(address, 8, pc);
        yield extremeDoubleword(op, memory, address, value);
      }
    };
  }

  private static int word(Op op, Memory memory, long address, int value) {
    return switch (op) {
      case AMOSWAP_W -> memory.getAndSetInt(address, value);
      case AMOADD_W -> memory.getAndAddInt(address, value);
      case AMOXOR_W -> memory.getAndBitwiseXorInt(address, value);
      case AMOAND_W -> memory.getAndBitwiseAndInt(address, value);
      default -> memory.getAndBitwiseOrInt(address, value);
    };
  }

  private static long doubleword(Op op, Memory memory, long address, long value) {
    return switch (op) {
      case AMOSWAP_D -> memory.getAndSetLong(address, value);
      case AMOADD_D -> memory.getAndAddLong(address, value);
      case AMOXOR_D -> memory.getAndBitwiseXorLong(address, value);
      case AMOAND_D -> memory.getAndBitwiseAndLong(address, value);
      default -> memory.getAndBitwiseOrLong(address, value);
    };
  }

  private static int extremeWord(Op op, Memory memory, long address, int value) {
    while (true) {
      int old = memory.readInt(address);
      int chosen =
          switch (op) {
            case AMOMIN_W -> Math.min(old, value);
            case AMOMAX_W -> Math.max(old, value);
            case AMOMINU_W -> Integer.compareUnsigned(old, value) < 0 ? old : value;
            default -> Integer.compareUnsigned(old, value) > 0 ? old : value;
          };
      if (memory.compareAndExchangeInt(address, old, chosen) == old) {
        return old;
      }
    }
  }

  private static long extremeDoubleword(Op op, Memory memory, long address, long value) {
    while (true) {
      long old = memory.readLong(address);
      long chosen =
          switch (op) {
            case AMOMIN_D -> Math.min(old, value);
            case AMOMAX_D -> Math.max(old, value);
            case AMOMINU_D -> Long.compareUnsigned(old, value) < 0 ? old : value;
            default -> Long.compareUnsigned(old, value) > 0 ? old : value;
          };
      if (memory.compareAndExchangeLong(address, old, chosen) == old) {
        return old;
      }
    }
  }

  static long loadReserved(Hart hart, Memory memory, long address, int size, long pc) {
    if ((address & (size - 1)) != 0) {
      throw misaligned(CpuTrap.Cause.LOAD_ADDRESS_MISALIGNED, address, pc);
    }
    long value = size == 4 ? memory.readInt(address) : memory.readLong(address);
    hart.reserve(address);
    return value;
  }

  /** Returns 0 where it stored, 1 where the reservation was lost. */
  static long storeConditional(
      Hart hart, Memory memory, long address, long value, int size, long pc) {
    checkAligned(address, size, pc);
    if (!hart.takeReservation(address)) {
      return 1;
    }
    // The only hart: nobody else can have stored in between.
    if (size == 4) {
      memory.writeInt(address, (int) value);
    } else {
      memory.writeLong(address, value);
    }
    return 0;
  }

  private static void checkAligned(long address, int size, long pc) {
    if ((address & (size - 1)) != 0) {
      throw misaligned(CpuTrap.Cause.STORE_ADDRESS_MISALIGNED, address, pc);
    }
  }

  @TruffleBoundary
  private static CpuTrap misaligned(CpuTrap.Cause cause, long address, long pc) {
    return new CpuTrap(cause, pc, address, null);
  }
}
