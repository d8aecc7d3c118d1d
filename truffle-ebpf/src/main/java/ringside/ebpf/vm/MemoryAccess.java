package ringside.ebpf.vm;

import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.frame.VirtualFrame;
import ringside.ebpf.isa.Op;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.MemoryFault;

/**
 * The memory accesses that are too long for the dispatch loop: atomics, and those that may fail.
 */
final class MemoryAccess {
  private static final long LOW = 0xffffffffL;

  private final Memory memory;

  MemoryAccess(Memory memory) {
    this.memory = memory;
  }

  private static long get(VirtualFrame frame, int slot) {
    return frame.getLongStatic(slot);
  }

  private static void set(VirtualFrame frame, int slot, long value) {
    frame.setLongStatic(slot, value);
  }

  /**
   * An atomic read-modify-write.
   *
   * @param op an {@link Op} number
   */
  void atomic(VirtualFrame frame, int op, int src, long address) {
    long value = get(frame, src);
    switch (op) {
      case Op.ATOMIC_ADD32 -> memory.getAndAddInt(address, (int) value);
      case Op.ATOMIC_ADD64 -> memory.getAndAddLong(address, value);
      case Op.ATOMIC_FETCH_ADD32 ->
          set(frame, src, memory.getAndAddInt(address, (int) value) & LOW);
      case Op.ATOMIC_FETCH_ADD64 -> set(frame, src, memory.getAndAddLong(address, value));
      case Op.ATOMIC_AND32 -> memory.getAndBitwiseAndInt(address, (int) value);
      case Op.ATOMIC_AND64 -> memory.getAndBitwiseAndLong(address, value);
      case Op.ATOMIC_FETCH_AND32 ->
          set(frame, src, memory.getAndBitwiseAndInt(address, (int) value) & LOW);
      case Op.ATOMIC_FETCH_AND64 -> set(frame, src, memory.getAndBitwiseAndLong(address, value));
      case Op.ATOMIC_OR32 -> memory.getAndBitwiseOrInt(address, (int) value);
      case Op.ATOMIC_OR64 -> memory.getAndBitwiseOrLong(address, value);
      case Op.ATOMIC_FETCH_OR32 ->
          set(frame, src, memory.getAndBitwiseOrInt(address, (int) value) & LOW);
      case Op.ATOMIC_FETCH_OR64 -> set(frame, src, memory.getAndBitwiseOrLong(address, value));
      case Op.ATOMIC_XOR32 -> memory.getAndBitwiseXorInt(address, (int) value);
      case Op.ATOMIC_XOR64 -> memory.getAndBitwiseXorLong(address, value);
      case Op.ATOMIC_FETCH_XOR32 ->
          set(frame, src, memory.getAndBitwiseXorInt(address, (int) value) & LOW);
      case Op.ATOMIC_FETCH_XOR64 -> set(frame, src, memory.getAndBitwiseXorLong(address, value));
      case Op.ATOMIC_XCHG32 -> set(frame, src, memory.getAndSetInt(address, (int) value) & LOW);
      case Op.ATOMIC_XCHG64 -> set(frame, src, memory.getAndSetLong(address, value));
      case Op.ATOMIC_CMPXCHG32 ->
          set(
              frame,
              0,
              memory.compareAndExchangeInt(address, (int) get(frame, 0), (int) value) & LOW);
      case Op.ATOMIC_CMPXCHG64 ->
          set(frame, 0, memory.compareAndExchangeLong(address, get(frame, 0), value));
      default -> throw CompilerDirectives.shouldNotReachHere();
    }
  }

  /**
   * An access whose fault the kernel's exception table forgives: a load gives 0, a store is lost.
   *
   * @param op the {@link Op} number of the plain access
   * @param address the register's part in it; the offset is added here
   */
  void probe(VirtualFrame frame, int op, int dst, int src, long address, long imm) {
    try {
      plain(frame, op, dst, src, address, imm);
    } catch (MemoryFault fault) {
      if (loads(op)) {
        set(frame, dst, 0);
      }
    }
  }

  /** Whether the plain access loads, so that its base is the source register. */
  static boolean loads(int op) {
    return (op >= Op.LDX_W && op <= Op.LDXS_B) || (op >= Op.LOAD_ACQ_W && op <= Op.LOAD_ACQ_DW);
  }

  private void plain(VirtualFrame frame, int op, int dst, int src, long address, long imm) {
    switch (op) {
      case Op.LDX_B, Op.LOAD_ACQ_B -> set(frame, dst, memory.readByte(address) & 0xff);
      case Op.LDX_H, Op.LOAD_ACQ_H -> set(frame, dst, memory.readShort(address) & 0xffff);
      case Op.LDX_W, Op.LOAD_ACQ_W -> set(frame, dst, memory.readInt(address) & LOW);
      case Op.LDX_DW, Op.LOAD_ACQ_DW -> set(frame, dst, memory.readLong(address));
      case Op.LDXS_B -> set(frame, dst, memory.readByte(address));
      case Op.LDXS_H -> set(frame, dst, memory.readShort(address));
      case Op.LDXS_W -> set(frame, dst, memory.readInt(address));
      case Op.ST_B -> memory.writeByte(address, (byte) imm);
      case Op.ST_H -> memory.writeShort(address, (short) imm);
      case Op.ST_W -> memory.writeInt(address, (int) imm);
      case Op.ST_DW -> memory.writeLong(address, imm);
      case Op.STX_B, Op.STORE_REL_B -> memory.writeByte(address, (byte) get(frame, src));
      case Op.STX_H, Op.STORE_REL_H -> memory.writeShort(address, (short) get(frame, src));
      case Op.STX_W, Op.STORE_REL_W -> memory.writeInt(address, (int) get(frame, src));
      case Op.STX_DW, Op.STORE_REL_DW -> memory.writeLong(address, get(frame, src));
      default -> atomic(frame, op, src, address);
    }
  }
}
