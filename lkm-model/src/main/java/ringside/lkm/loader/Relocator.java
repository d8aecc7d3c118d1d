package ringside.lkm.loader;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ringside.kernel.mm.Memory;

/** Applies RELA relocations to a module's sections ({@code arch/riscv/kernel/module.c}). */
final class Relocator {
  private static final int ENOENT = 2;
  private static final int EINVAL = 22;

  private static final int R_RISCV_NONE = 0;
  private static final int R_RISCV_32 = 1;
  private static final int R_RISCV_64 = 2;
  private static final int R_RISCV_BRANCH = 16;
  private static final int R_RISCV_JAL = 17;
  private static final int R_RISCV_CALL = 18;
  private static final int R_RISCV_CALL_PLT = 19;
  private static final int R_RISCV_GOT_HI20 = 20;
  private static final int R_RISCV_PCREL_HI20 = 23;
  private static final int R_RISCV_PCREL_LO12_I = 24;
  private static final int R_RISCV_PCREL_LO12_S = 25;
  private static final int R_RISCV_HI20 = 26;
  private static final int R_RISCV_LO12_I = 27;
  private static final int R_RISCV_LO12_S = 28;
  private static final int R_RISCV_ADD8 = 33;
  private static final int R_RISCV_ADD16 = 34;
  private static final int R_RISCV_ADD32 = 35;
  private static final int R_RISCV_ADD64 = 36;
  private static final int R_RISCV_SUB8 = 37;
  private static final int R_RISCV_SUB16 = 38;
  private static final int R_RISCV_SUB32 = 39;
  private static final int R_RISCV_SUB64 = 40;
  private static final int R_RISCV_ALIGN = 43;
  private static final int R_RISCV_RVC_BRANCH = 44;
  private static final int R_RISCV_RVC_JUMP = 45;
  private static final int R_RISCV_RELAX = 51;
  private static final int R_RISCV_SUB6 = 52;
  private static final int R_RISCV_SET6 = 53;
  private static final int R_RISCV_SET8 = 54;
  private static final int R_RISCV_SET16 = 55;
  private static final int R_RISCV_SET32 = 56;
  private static final int R_RISCV_32_PCREL = 57;

  private final Memory memory;
  private final String module;
  private final List<ModuleImage.Symbol> symbols;
  private final GotTable got;

  /** The slots that {@code R_RISCV_GOT_HI20} wants, one a target address. */
  static final class GotTable {
    private final Memory memory;
    private final long base;
    private final Map<Long, Long> slots = new HashMap<>();

    /** Uses the memory at {@code base}, which must have room for as many slots as are asked for. */
    GotTable(Memory memory, long base) {
      this.memory = memory;
      this.base = base;
    }

    long slot(long target) {
      return slots.computeIfAbsent(
          target,
          value -> {
            long slot = base + 8L * slots.size();
            memory.writeLong(slot, value);
            return slot;
          });
    }
  }

  Relocator(Memory memory, String module, List<ModuleImage.Symbol> symbols, GotTable got) {
    this.memory = memory;
    this.module = module;
    this.symbols = symbols;
    this.got = got;
  }

  /** How many GOT slots the relocations of an image can need. */
  static int gotSlots(ModuleImage image) {
    int slots = 0;
    for (ModuleImage.Section section : image.sections()) {
      if (section.type == ModuleImage.SHT_RELA) {
        for (ModuleImage.Rela rela : image.relocations(section)) {
          slots += rela.type() == R_RISCV_GOT_HI20 ? 1 : 0;
        }
      }
    }
    return slots;
  }

  /**
   * Applies one section's relocations.
   *
   * @param target the section that they patch, at its final address
   * @throws LoadError at the first that is unknown, out of range or outside of the section
   */
  void apply(ModuleImage.Section target, List<ModuleImage.Rela> relas) throws LoadError {
    for (ModuleImage.Rela rela : relas) {
      // Linux trusts the offset; here a lie must not write where no module is.
      if (Long.compareUnsigned(rela.offset(), target.size) >= 0
          || Integer.compareUnsigned(rela.symbol(), symbols.size()) >= 0) {
        throw LoadError.err(
            8, "%s: Relocation of section %s out of bounds".formatted(module, target.name));
      }
      ModuleImage.Symbol symbol = symbols.get(rela.symbol());
      if (isErrorValue(symbol.value)) {
        if (symbol.weak()) {
          continue;
        }
        throw LoadError.warn(ENOENT, "%s: Unknown symbol %s".formatted(module, symbol.name));
      }
      long location = target.address + rela.offset();
      long value = symbol.value + rela.addend();
      if (rela.type() == R_RISCV_PCREL_LO12_I || rela.type() == R_RISCV_PCREL_LO12_S) {
        value = pcrelLow(target, relas, symbol.value);
      }
      patch(rela.type(), location, value);
    }
  }

  /** The low part of the pc-relative offset whose high part stands at {@code hi20Location}. */
  private long pcrelLow(ModuleImage.Section target, List<ModuleImage.Rela> relas, long hi20Location)
      throws LoadError {
    for (ModuleImage.Rela rela : relas) {
      if (target.address + rela.offset() == hi20Location
          && (rela.type() == R_RISCV_PCREL_HI20 || rela.type() == R_RISCV_GOT_HI20)) {
        long value = symbols.get(rela.symbol()).value + rela.addend();
        long to = rela.type() == R_RISCV_GOT_HI20 ? got.slot(value) : value;
        long offset = to - hi20Location;
        return offset - high(offset);
      }
    }
    throw LoadError.err(EINVAL, module + ": Can not find HI20 relocation information");
  }

  private void patch(int type, long at, long v) throws LoadError {
    long offset = v - at;
    switch (type) {
      case R_RISCV_NONE, R_RISCV_RELAX -> {}
      case R_RISCV_32 -> {
        if (v != (v & 0xffffffffL)) {
          throw LoadError.err(
              EINVAL, "%s: value %016x out of range for 32-bit field".formatted(module, v));
        }
        memory.writeInt(at, (int) v);
      }
      case R_RISCV_64 -> memory.writeLong(at, v);
      case R_RISCV_BRANCH -> {
        int bits =
            (int)
                ((offset & 0x1000) << 19
                    | (offset & 0x7e0) << 20
                    | (offset & 0x1e) << 7
                    | (offset & 0x800) >> 4);
        writeWord(at, (word(at) & 0x1fff07f) | bits);
      }
      case R_RISCV_JAL -> {
        int bits =
            (int)
                ((offset & 0x100000) << 11
                    | (offset & 0xff000)
                    | (offset & 0x800) << 9
                    | (offset & 0x7fe) << 20);
        writeWord(at, (word(at) & 0xfff) | bits);
      }
      case R_RISCV_RVC_BRANCH -> {
        int bits =
            (int)
                ((offset & 0x100) << 4
                    | (offset & 0xc0) >> 1
                    | (offset & 0x20) >> 3
                    | (offset & 0x18) << 7
                    | (offset & 0x6) << 2);
        memory.writeShort(at, (short) ((memory.readShort(at) & 0xe383) | bits));
      }
      case R_RISCV_RVC_JUMP -> {
        int bits =
            (int)
                ((offset & 0x800) << 1
                    | (offset & 0x400) >> 2
                    | (offset & 0x300) << 1
                    | (offset & 0x80) >> 1
                    | (offset & 0x40) << 1
                    | (offset & 0x20) >> 3
                    | (offset & 0x10) << 7
                    | (offset & 0xe) << 2);
        memory.writeShort(at, (short) ((memory.readShort(at) & 0xe003) | bits));
      }
      case R_RISCV_CALL, R_RISCV_CALL_PLT -> {
        checkReach(offset, v, at);
        writeWord(at, (word(at) & 0xfff) | (int) high(offset));
        writeWord(at + 4, (word(at + 4) & 0xfffff) | (int) (offset - high(offset)) << 20);
      }
      case R_RISCV_GOT_HI20 -> {
        long toSlot = got.slot(v) - at;
        writeWord(at, (word(at) & 0xfff) | (int) high(toSlot));
      }
      case R_RISCV_PCREL_HI20 -> {
        checkReach(offset, v, at);
        writeWord(at, (word(at) & 0xfff) | (int) high(offset));
      }
      case R_RISCV_HI20 -> writeWord(at, (word(at) & 0xfff) | (int) high(v));
      case R_RISCV_PCREL_LO12_I -> writeLow(at, v);
      case R_RISCV_PCREL_LO12_S -> writeLowStore(at, v);
      case R_RISCV_LO12_I -> writeLow(at, v - high(v));
      case R_RISCV_LO12_S -> writeLowStore(at, v - high(v));
      case R_RISCV_ADD8 -> memory.writeByte(at, (byte) (memory.readByte(at) + v));
      case R_RISCV_ADD16 -> memory.writeShort(at, (short) (memory.readShort(at) + v));
      case R_RISCV_ADD32 -> memory.writeInt(at, (int) (memory.readInt(at) + v));
      case R_RISCV_ADD64 -> memory.writeLong(at, memory.readLong(at) + v);
      case R_RISCV_SUB8 -> memory.writeByte(at, (byte) (memory.readByte(at) - v));
      case R_RISCV_SUB16 -> memory.writeShort(at, (short) (memory.readShort(at) - v));
      case R_RISCV_SUB32 -> memory.writeInt(at, (int) (memory.readInt(at) - v));
      case R_RISCV_SUB64 -> memory.writeLong(at, memory.readLong(at) - v);
      case R_RISCV_SUB6 -> {
        int old = memory.readByte(at);
        memory.writeByte(at, (byte) ((old & 0xc0) | ((int) (old - v) & 0x3f)));
      }
      case R_RISCV_SET6 ->
          memory.writeByte(at, (byte) ((memory.readByte(at) & 0xc0) | ((int) v & 0x3f)));
      case R_RISCV_SET8 -> memory.writeByte(at, (byte) v);
      case R_RISCV_SET16 -> memory.writeShort(at, (short) v);
      case R_RISCV_SET32 -> memory.writeInt(at, (int) v);
      case R_RISCV_32_PCREL -> memory.writeInt(at, (int) offset);
      case R_RISCV_ALIGN ->
          throw LoadError.err(
              EINVAL,
              "%s: The unexpected relocation type 'R_RISCV_ALIGN' from PC = %016x"
                  .formatted(module, at));
      default ->
          throw LoadError.err(EINVAL, "%s: Unknown relocation type %d".formatted(module, type));
    }
  }

  /** The part that {@code lui} or {@code auipc} adds, so that a signed 12-bit rest remains. */
  private static long high(long offset) {
    return (offset + 0x800) & ~0xfffL;
  }

  /** An auipc pair reaches from -2^31 - 2^11 up to 2^31 - 2^11. */
  private void checkReach(long offset, long target, long at) throws LoadError {
    if (offset < -(1L << 31) - (1L << 11) || offset >= (1L << 31) - (1L << 11)) {
      throw LoadError.err(
          EINVAL,
          "%s: target %016x can not be addressed by the 32-bit offset from PC = %016x"
              .formatted(module, target, at));
    }
  }

  private void writeLow(long at, long low) {
    writeWord(at, (word(at) & 0xfffff) | (int) (low & 0xfff) << 20);
  }

  private void writeLowStore(long at, long low) {
    writeWord(at, (word(at) & 0x1fff07f) | (int) ((low & 0xfe0) << 20 | (low & 0x1f) << 7));
  }

  private int word(long at) {
    return memory.readInt(at);
  }

  private void writeWord(long at, int value) {
    memory.writeInt(at, value);
  }

  /** {@code IS_ERR_VALUE}: the last page holds no symbol. */
  private static boolean isErrorValue(long value) {
    return Long.compareUnsigned(value, -4095L) >= 0;
  }
}
