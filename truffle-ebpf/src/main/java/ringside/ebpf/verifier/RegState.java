package ringside.ebpf.verifier;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;

/**
 * What is known of one register, or of a register spilled to the stack, at one point of one path.
 *
 * <p>For a scalar the bounds and {@code varOff} describe the value; for a pointer they describe the
 * variable part of its offset, and {@code off} is the fixed part. Mutable, because the analysis
 * copies and narrows millions of them; whoever keeps one must {@link #copy()} it.
 */
final class RegState {
  /** Marks an id that links two scalars by a constant distance kept in {@link #off}. */
  static final int ADD_CONST64 = 1 << 31;

  /** The same for a distance that came about by 32-bit arithmetic, which cuts the sum. */
  static final int ADD_CONST32 = 1 << 30;

  static final int ADD_CONST = ADD_CONST64 | ADD_CONST32;

  /** A packet pointer known to be past the end of the packet. */
  static final int BEYOND_PKT_END = -2;

  /** A packet pointer known to be at or past the end of the packet. */
  static final int AT_PKT_END = -1;

  int type = RegType.NOT_INIT;
  int off;

  /** Packet pointers: how many bytes after the base may be accessed, or a negative marker. */
  int range;

  /** {@code PTR_TO_MEM}: size in bytes. {@code PTR_TO_FUNC}: number of the subprogram. */
  int memSize;

  @Nullable MapDescriptor map;

  /** Identity of the inner map instance, for maps that came out of a map. */
  int mapUid;

  /** The types that {@link #btfId} is an id of: the kernel's or the program's. */
  @Nullable Btf btf;

  /** BTF type id for {@code PTR_TO_BTF_ID}. */
  int btfId;

  /** {@code PTR_TO_MEM} that is a slice of a dynptr: the dynptr's id. */
  int dynptrId;

  /** Kind of dynptr, state and depth of an iterator: what a special stack slot holds. */
  @Nullable SpecialSlot special;

  Tnum varOff = Tnum.ZERO;
  long smin;
  long smax;
  long umin;
  long umax;
  int s32min;
  int s32max;
  int u32min;
  int u32max;
  int id;
  int refObjId;
  int frameno;
  boolean precise;

  RegState copy() {
    RegState r = new RegState();
    r.set(this);
    return r;
  }

  void set(RegState o) {
    type = o.type;
    off = o.off;
    range = o.range;
    memSize = o.memSize;
    map = o.map;
    mapUid = o.mapUid;
    btf = o.btf;
    btfId = o.btfId;
    dynptrId = o.dynptrId;
    special = o.special;
    varOff = o.varOff;
    smin = o.smin;
    smax = o.smax;
    umin = o.umin;
    umax = o.umax;
    s32min = o.s32min;
    s32max = o.s32max;
    u32min = o.u32min;
    u32max = o.u32max;
    id = o.id;
    refObjId = o.refObjId;
    frameno = o.frameno;
    precise = o.precise;
  }

  /** Compares type, fixed offset and pointee: everything before the variable offset. */
  boolean samePointee(RegState o) {
    return type == o.type
        && off == o.off
        && range == o.range
        && memSize == o.memSize
        && sameMap(map, o.map)
        && mapUid == o.mapUid
        && sameTypes(btf, o.btf)
        && btfId == o.btfId
        && dynptrId == o.dynptrId
        && (special == null ? o.special == null : special.equals(o.special));
  }

  /** Tells whether two references are to one map; maps of the same shape are not the same. */
  @SuppressWarnings("ReferenceEquality") // identity is what is asked for
  static boolean sameMap(@Nullable MapDescriptor a, @Nullable MapDescriptor b) {
    return a == b;
  }

  @SuppressWarnings("ReferenceEquality") // identity is what is asked for
  private static boolean sameTypes(@Nullable Btf a, @Nullable Btf b) {
    return a == b;
  }

  boolean sameBounds(RegState o) {
    return smin == o.smin
        && smax == o.smax
        && umin == o.umin
        && umax == o.umax
        && s32min == o.s32min
        && s32max == o.s32max
        && u32min == o.u32min
        && u32max == o.u32max
        && varOff.value() == o.varOff.value()
        && varOff.mask() == o.varOff.mask();
  }

  boolean isConst() {
    return varOff.isConst();
  }

  boolean isScalar() {
    return type == RegType.SCALAR_VALUE;
  }

  boolean isPacket() {
    return RegType.isPacketPointer(type);
  }

  boolean isPacketOrEnd() {
    return isPacket() || type == RegType.PTR_TO_PACKET_END;
  }

  /** A packet pointer as loaded from the context, not yet moved. */
  boolean isInitPacket(int which) {
    return type == which && id == 0 && off == 0 && varOff.equalsConst(0);
  }

  /** Tells whether the register is a scalar of one known value, in 32 or 64 bits. */
  boolean isRegConst(boolean subreg) {
    return isScalar() && (subreg ? varOff.isSubregConst() : varOff.isConst());
  }

  long constValue(boolean subreg) {
    return subreg ? varOff.value() & 0xffff_ffffL : varOff.value();
  }

  private void clearPointee() {
    off = 0;
    range = 0;
    memSize = 0;
    map = null;
    mapUid = 0;
    btf = null;
    btfId = 0;
    dynptrId = 0;
    special = null;
  }

  /** Makes the value, or the variable offset, known; keeps the type. */
  void markKnown(long value) {
    clearPointee();
    id = 0;
    refObjId = 0;
    setKnown(value);
  }

  /** Cuts the link to other scalars. */
  void unlink() {
    id = 0;
    off = 0;
  }

  void setKnown(long value) {
    varOff = Tnum.constant(value);
    smin = value;
    smax = value;
    umin = value;
    umax = value;
    s32min = (int) value;
    s32max = (int) value;
    u32min = (int) value;
    u32max = (int) value;
  }

  void setKnown32(long value) {
    varOff = varOff.withSubreg(Tnum.constant(value));
    s32min = (int) value;
    s32max = (int) value;
    u32min = (int) value;
    u32max = (int) value;
  }

  /** Makes this an unknown scalar of which no one demanded precision yet. */
  void markUnknownImprecise() {
    clearPointee();
    type = RegType.SCALAR_VALUE;
    id = 0;
    refObjId = 0;
    varOff = Tnum.UNKNOWN;
    frameno = 0;
    precise = false;
    setUnbounded();
  }

  void markNotInit() {
    markUnknownImprecise();
    type = RegType.NOT_INIT;
  }

  void setUnbounded() {
    setUnbounded64();
    setUnbounded32();
  }

  void setUnbounded64() {
    smin = Long.MIN_VALUE;
    smax = Long.MAX_VALUE;
    umin = 0;
    umax = -1L;
  }

  void setUnbounded32() {
    s32min = Integer.MIN_VALUE;
    s32max = Integer.MAX_VALUE;
    u32min = 0;
    u32max = -1;
  }
}
