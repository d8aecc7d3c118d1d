package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.ArgType;
import ringside.ebpf.helper.HelperPrototype;
import ringside.ebpf.map.BtfField;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;
import ringside.format.btf.Btf;

/** Checks the arguments of a helper call against the helper's prototype. */
final class HelperArgs {
  /** Sizes from here on are not bounded enough for a helper. */
  private static final long MAX_VAR_SIZE = 1L << 29;

  private static final int[] MAP_KEY_VALUE = {
    RegType.PTR_TO_STACK,
    RegType.PTR_TO_PACKET,
    RegType.PTR_TO_PACKET_META,
    RegType.PTR_TO_MAP_KEY,
    RegType.PTR_TO_MAP_VALUE
  };
  private static final int[] MEM = {
    RegType.PTR_TO_STACK,
    RegType.PTR_TO_PACKET,
    RegType.PTR_TO_PACKET_META,
    RegType.PTR_TO_MAP_KEY,
    RegType.PTR_TO_MAP_VALUE,
    RegType.PTR_TO_MEM,
    RegType.PTR_TO_MEM | RegType.MEM_RINGBUF,
    RegType.PTR_TO_BUF,
    RegType.PTR_TO_BTF_ID | RegType.PTR_TRUSTED
  };
  private static final int[] SCALAR = {RegType.SCALAR_VALUE};
  private static final int[] CTX = {RegType.PTR_TO_CTX};
  private static final int[] MAP_PTR = {RegType.CONST_PTR_TO_MAP};
  private static final int[] MAP_VALUE = {RegType.PTR_TO_MAP_VALUE};
  private static final int[] STACK = {RegType.PTR_TO_STACK};
  private static final int[] FUNC = {RegType.PTR_TO_FUNC};
  private static final int[] RINGBUF = {RegType.PTR_TO_MEM | RegType.MEM_RINGBUF};
  private static final int[] SOCKET = {RegType.PTR_TO_SOCKET};
  private static final int[] SPIN_LOCK = {
    RegType.PTR_TO_MAP_VALUE, RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC
  };
  private static final int[] KPTR_DESTINATION = {
    RegType.PTR_TO_MAP_VALUE,
    RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC,
    RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC | RegType.NON_OWN_REF,
    RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC | RegType.NON_OWN_REF | RegType.MEM_RCU
  };
  private static final int DYNPTR_FLAGS =
      RegType.DYNPTR_TYPE_LOCAL
          | RegType.DYNPTR_TYPE_RINGBUF
          | RegType.DYNPTR_TYPE_SKB
          | RegType.DYNPTR_TYPE_XDP;
  private static final int[] SOCK_COMMON = {
    RegType.PTR_TO_SOCK_COMMON,
    RegType.PTR_TO_SOCKET,
    RegType.PTR_TO_TCP_SOCK,
    RegType.PTR_TO_XDP_SOCK
  };
  private static final int[] BTF = {
    RegType.PTR_TO_BTF_ID,
    RegType.PTR_TO_BTF_ID | RegType.PTR_TRUSTED,
    RegType.PTR_TO_BTF_ID | RegType.MEM_RCU
  };
  private static final int[] BTF_SOCK_COMMON = {
    RegType.PTR_TO_SOCK_COMMON,
    RegType.PTR_TO_SOCKET,
    RegType.PTR_TO_TCP_SOCK,
    RegType.PTR_TO_XDP_SOCK,
    RegType.PTR_TO_BTF_ID,
    RegType.PTR_TO_BTF_ID | RegType.PTR_TRUSTED
  };
  private static final int[] PERCPU_BTF = {
    RegType.PTR_TO_BTF_ID | RegType.MEM_PERCPU,
    RegType.PTR_TO_BTF_ID | RegType.MEM_PERCPU | RegType.MEM_RCU,
    RegType.PTR_TO_BTF_ID | RegType.MEM_PERCPU | RegType.PTR_TRUSTED
  };
  private static final int[] DYNPTR = {RegType.PTR_TO_STACK, RegType.CONST_PTR_TO_DYNPTR};

  /** What checking one call's arguments brings to light. */
  static final class Meta {
    final HelperPrototype proto;
    final StackAccess.RawBuffer raw = new StackAccess.RawBuffer();
    @Nullable MapDescriptor map;
    int mapUid;
    int refObjId;
    int releaseReg;
    int subprogno;
    long constMapKey = -1;
    long msizeMax;
    int memSize;
    @Nullable Btf btf;
    int btfId;
    boolean percpuAlloc;
    @Nullable BtfField kptr;
    int dynptrId;
    int dynptrRef;
    String dynptrKind = "";

    Meta(HelperPrototype proto) {
      this.proto = proto;
    }
  }

  private final VerifierEnv env;
  private final RegisterChecks registers;
  private final MemoryChecks memory;
  private final RegionChecks regions;
  private final Precision precision;
  private final HelperObjects objects;

  HelperArgs(
      VerifierEnv env,
      RegisterChecks registers,
      MemoryChecks memory,
      RegionChecks regions,
      Precision precision,
      HelperObjects objects) {
    this.regions = regions;
    this.objects = objects;
    this.env = env;
    this.registers = registers;
    this.memory = memory;
    this.precision = precision;
  }

  void check(int arg, Meta meta) throws VerifierReject {
    ArgType type = resolve(meta.proto.arg(arg), meta);
    if (type == ArgType.ARG_DONTCARE) {
      return;
    }
    int regno = arg + 1;
    registers.src(regno);
    RegState r = env.reg(regno);
    if (type == ArgType.ARG_ANYTHING) {
      if (env.isPointerValue(r)) {
        throw env.reject(EACCES, "R%d leaks addr into helper function", regno);
      }
      return;
    }
    if (r.isPacket() && !(memory.mayAccessPacket(false) && meta.proto.pktAccess())) {
      throw env.reject(EACCES, "helper access to the packet is not allowed");
    }
    boolean isNull = r.isScalar() && r.varOff.equalsConst(0);
    if (!(isNull && mayBeNull(type))) {
      checkType(regno, r, type, meta);
      checkOffset(regno, r, type);
    }
    if (releases(type)) {
      if (type == ArgType.ARG_PTR_TO_DYNPTR_RINGBUF_OBJ_RELEASE) {
        objects.dynptrs().checkRelease(regno);
      } else if (r.refObjId == 0 && !isNull) {
        throw env.reject(EINVAL, "R%d must be referenced when passed to release function", regno);
      }
      meta.releaseReg = regno;
    }
    if (r.refObjId != 0 && type != ArgType.ARG_KPTR_XCHG_DEST) {
      if (meta.refObjId != 0) {
        throw env.reject(
            EACCES,
            "more than one arg with ref_obj_id R%d %d %d",
            regno,
            r.refObjId,
            meta.refObjId);
      }
      meta.refObjId = r.refObjId;
    }
    checkValue(regno, r, type, meta, isNull);
  }

  /** What a value is depends on the map: in maps of sockets it is a socket. */
  private static ArgType resolve(ArgType type, Meta meta) {
    MapDescriptor map = meta.map;
    boolean value =
        type == ArgType.ARG_PTR_TO_MAP_VALUE
            || type == ArgType.ARG_PTR_TO_UNINIT_MAP_VALUE
            || type == ArgType.ARG_PTR_TO_MAP_VALUE_OR_NULL;
    boolean sockets =
        map != null && (map.type() == MapType.SOCKMAP || map.type() == MapType.SOCKHASH);
    return value && sockets ? ArgType.ARG_PTR_TO_BTF_ID_SOCK_COMMON : type;
  }

  private void checkValue(int regno, RegState r, ArgType type, Meta meta, boolean isNull)
      throws VerifierReject {
    switch (type) {
      case ARG_CONST_MAP_PTR -> {
        MapDescriptor first = meta.map;
        if (first != null && (!RegState.sameMap(first, r.map) || meta.mapUid != r.mapUid)) {
          throw env.reject(
              EINVAL,
              "timer pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d",
              meta.mapUid,
              r.mapUid);
        }
        meta.map = r.map;
        meta.mapUid = r.mapUid;
      }
      case ARG_PTR_TO_MAP_KEY -> {
        MapDescriptor map = map(meta, "key");
        access(regno, map.keySize(), false, false, null);
        if (elidesNull(map)) {
          meta.constMapKey = constantKey(r, map.keySize());
        }
      }
      case ARG_PTR_TO_MAP_VALUE, ARG_PTR_TO_UNINIT_MAP_VALUE, ARG_PTR_TO_MAP_VALUE_OR_NULL -> {
        if (type == ArgType.ARG_PTR_TO_MAP_VALUE_OR_NULL && isNull) {
          return;
        }
        boolean uninit = type == ArgType.ARG_PTR_TO_UNINIT_MAP_VALUE;
        meta.raw.rawMode = uninit;
        access(regno, map(meta, "value").valueSize(), uninit, false, meta.raw);
      }
      case ARG_PTR_TO_MEM,
          ARG_PTR_TO_MEM_RDONLY,
          ARG_PTR_TO_MEM_OR_NULL,
          ARG_PTR_TO_MEM_OR_NULL_RDONLY,
          ARG_PTR_TO_MEM_WRITE ->
          meta.raw.rawMode = false;
      case ARG_PTR_TO_UNINIT_MEM -> meta.raw.rawMode = true;
      case ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_4 -> fixed(regno, r, 4, true, meta);
      case ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_8 -> fixed(regno, r, 8, true, meta);
      case ARG_PTR_TO_FIXED_SIZE_MEM_20 -> fixed(regno, r, 20, false, meta);
      case ARG_PTR_TO_FIXED_SIZE_MEM_40 -> fixed(regno, r, 40, false, meta);
      case ARG_CONST_SIZE -> size(regno, r, writes(meta, regno), false, meta);
      case ARG_CONST_SIZE_OR_ZERO -> size(regno, r, writes(meta, regno), true, meta);
      case ARG_CONST_ALLOC_SIZE_OR_ZERO -> {
        if (!r.varOff.isConst()) {
          throw env.reject(EACCES, "R%d is not a known constant'", regno);
        }
        meta.memSize = (int) r.varOff.value();
        precision.mark(regno);
      }
      case ARG_PTR_TO_FUNC -> meta.subprogno = r.memSize;
      case ARG_PTR_TO_PERCPU_BTF_ID -> {
        meta.btf = r.btf;
        meta.btfId = r.btfId;
        meta.percpuAlloc = (r.type & RegType.MEM_RCU) != 0;
      }
      case ARG_PTR_TO_CONST_STR -> constantString(regno, r);
      case ARG_PTR_TO_SPIN_LOCK -> objects.spinLock(regno, meta.proto.id());
      case ARG_PTR_TO_TIMER -> {
        MapDescriptor map = r.map;
        if (map != null) {
          mapField(regno, r, map, BtfFieldType.BPF_TIMER, "bpf_timer");
          meta.map = map;
          meta.mapUid = r.mapUid;
        }
      }
      case ARG_KPTR_XCHG_DEST -> meta.kptr = objects.kptrDestination(regno, r, meta);
      case ARG_PTR_TO_DYNPTR_LOCAL_UNINIT ->
          objects.dynptrs().argument(regno, Dynptrs.Use.CONSTRUCT, Dynptrs.LOCAL, 0);
      case ARG_PTR_TO_DYNPTR_RINGBUF_UNINIT ->
          objects.dynptrs().argument(regno, Dynptrs.Use.CONSTRUCT, Dynptrs.RINGBUF, 0);
      case ARG_PTR_TO_DYNPTR_RINGBUF_OBJ_RELEASE ->
          objects.dynptrs().argument(regno, Dynptrs.Use.MUTATE, Dynptrs.RINGBUF, 0);
      case ARG_PTR_TO_DYNPTR_RDONLY -> {
        objects.dynptrs().argument(regno, Dynptrs.Use.READ, null, 0);
        RegState main = objects.dynptrs().main(r);
        meta.dynptrId = main.id;
        meta.dynptrRef = main.refObjId;
        meta.dynptrKind = Dynptrs.kindOf(main);
      }
      default -> {}
    }
  }

  private MapDescriptor map(Meta meta, String what) throws VerifierReject {
    MapDescriptor map = meta.map;
    if (map == null) {
      throw env.bug("invalid map_ptr to access map->" + what);
    }
    return map;
  }

  private static boolean writes(Meta meta, int regno) {
    return switch (meta.proto.arg(regno - 2)) {
      case ARG_PTR_TO_UNINIT_MEM, ARG_PTR_TO_MEM_WRITE -> true;
      default -> false;
    };
  }

  private static boolean mayBeNull(ArgType type) {
    return type.name().contains("_OR_NULL");
  }

  private static boolean releases(ArgType type) {
    return type.name().endsWith("_OBJ_RELEASE");
  }

  private static boolean readOnly(ArgType type) {
    return type.name().endsWith("_RDONLY");
  }

  /** Lookups in these never fail if the key is known to be in range. */
  static boolean elidesNull(MapDescriptor map) {
    return map.type() == MapType.ARRAY || map.type() == MapType.PERCPU_ARRAY;
  }

  private static int[] compatible(ArgType type) {
    return switch (type) {
      case ARG_PTR_TO_MAP_KEY,
          ARG_PTR_TO_MAP_VALUE,
          ARG_PTR_TO_UNINIT_MAP_VALUE,
          ARG_PTR_TO_MAP_VALUE_OR_NULL ->
          MAP_KEY_VALUE;
      case ARG_CONST_SIZE, ARG_CONST_SIZE_OR_ZERO, ARG_CONST_ALLOC_SIZE_OR_ZERO -> SCALAR;
      case ARG_CONST_MAP_PTR -> MAP_PTR;
      case ARG_PTR_TO_CTX, ARG_PTR_TO_CTX_OR_NULL -> CTX;
      case ARG_PTR_TO_SOCK_COMMON -> SOCK_COMMON;
      case ARG_PTR_TO_SOCKET, ARG_PTR_TO_SOCKET_OR_NULL -> SOCKET;
      case ARG_PTR_TO_BTF_ID, ARG_PTR_TO_BTF_ID_OR_NULL, ARG_PTR_TO_BTF_ID_OR_NULL_OBJ_RELEASE ->
          BTF;
      case ARG_PTR_TO_BTF_ID_SOCK_COMMON, ARG_PTR_TO_BTF_ID_SOCK_COMMON_OBJ_RELEASE ->
          BTF_SOCK_COMMON;
      case ARG_PTR_TO_SPIN_LOCK -> SPIN_LOCK;
      case ARG_PTR_TO_RINGBUF_MEM_OBJ_RELEASE -> RINGBUF;
      case ARG_PTR_TO_PERCPU_BTF_ID -> PERCPU_BTF;
      case ARG_PTR_TO_FUNC -> FUNC;
      case ARG_PTR_TO_STACK_OR_NULL -> STACK;
      case ARG_PTR_TO_CONST_STR, ARG_PTR_TO_TIMER -> MAP_VALUE;
      case ARG_KPTR_XCHG_DEST -> KPTR_DESTINATION;
      case ARG_PTR_TO_DYNPTR_LOCAL_UNINIT,
          ARG_PTR_TO_DYNPTR_RINGBUF_UNINIT,
          ARG_PTR_TO_DYNPTR_RINGBUF_OBJ_RELEASE,
          ARG_PTR_TO_DYNPTR_RDONLY ->
          DYNPTR;
      default -> MEM;
    };
  }

  private void checkType(int regno, RegState r, ArgType arg, Meta meta) throws VerifierReject {
    int[] allowed = compatible(arg);
    int type = r.type;
    if (readOnly(arg)) {
      type &= ~RegType.MEM_RDONLY;
    }
    if (mayBeNull(arg)) {
      type &= ~RegType.PTR_MAYBE_NULL;
    }
    boolean memoryArgument = Arrays.equals(allowed, MEM);
    if (memoryArgument) {
      type &= ~DYNPTR_FLAGS;
    }
    boolean exchanged = meta.proto.id() == Helpers.KPTR_XCHG && regno == 2;
    if (exchanged && BtfPointers.isAlloc(type)) {
      type &= ~(RegType.MEM_ALLOC | RegType.MEM_PERCPU);
    }
    for (int expected : allowed) {
      if (type == expected) {
        if (RegType.base(r.type) == RegType.PTR_TO_BTF_ID) {
          objects.checkStruct(regno, r, arg, meta, memoryArgument);
        }
        return;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int expected : allowed) {
      text.append(text.length() > 0 ? ", " : "").append(RegType.name(expected));
    }
    throw env.reject(EACCES, "R%d type=%s expected=%s", regno, RegType.name(r.type), text);
  }

  void checkOffset(int regno, RegState r, ArgType arg) throws VerifierReject {
    if (releases(arg)) {
      if (arg == ArgType.ARG_PTR_TO_DYNPTR_RINGBUF_OBJ_RELEASE && r.type == RegType.PTR_TO_STACK) {
        // What is released is not the stack, but what the dynptr there points to.
        return;
      }
      if (r.off != 0) {
        throw env.reject(
            EINVAL,
            "R%d must have zero offset when passed to release func or trusted arg to kfunc",
            regno);
      }
      memory.unmodified(r, regno, false);
      return;
    }
    switch (r.type) {
      case RegType.PTR_TO_STACK,
          RegType.PTR_TO_PACKET,
          RegType.PTR_TO_PACKET_META,
          RegType.PTR_TO_MAP_KEY,
          RegType.PTR_TO_MAP_VALUE,
          RegType.PTR_TO_MEM,
          RegType.PTR_TO_MEM | RegType.MEM_RDONLY,
          RegType.PTR_TO_MEM | RegType.MEM_RINGBUF,
          RegType.PTR_TO_BUF,
          RegType.PTR_TO_BUF | RegType.MEM_RDONLY,
          RegType.PTR_TO_ARENA,
          RegType.SCALAR_VALUE -> {}
      default -> memory.unmodified(r, regno, RegType.base(r.type) == RegType.PTR_TO_BTF_ID);
    }
  }

  private void fixed(int regno, RegState r, int size, boolean write, Meta meta)
      throws VerifierReject {
    meta.raw.rawMode = write;
    access(regno, size, write, false, meta.raw);
    if (write && !r.varOff.add(Tnum.constant(r.off)).isAligned(size)) {
      throw env.reject(
          EACCES,
          "misaligned %saccess off %s+%d+%d size %d",
          r.type == RegType.PTR_TO_STACK ? "stack " : "",
          StatePrinter.tnum(r.varOff),
          r.off,
          0,
          size);
    }
  }

  /** A size argument: the buffer before it must be that large at most. */
  private void size(int regno, RegState r, boolean write, boolean zeroAllowed, Meta meta)
      throws VerifierReject {
    meta.msizeMax = r.umax;
    checkSize(regno, r, write, zeroAllowed, r.varOff.isConst() ? meta.raw : null);
  }

  private void checkSize(
      int regno,
      RegState r,
      boolean write,
      boolean zeroAllowed,
      StackAccess.@Nullable RawBuffer raw)
      throws VerifierReject {
    if (r.smin < 0) {
      throw env.reject(
          EACCES, "R%d min value is negative, either use unsigned or 'var &= const'", regno);
    }
    if (r.umin == 0 && !zeroAllowed) {
      throw env.reject(EACCES, "R%d invalid zero-sized read: u64=[%d,%d]", regno, r.umin, r.umax);
    }
    if (Long.compareUnsigned(r.umax, MAX_VAR_SIZE) >= 0) {
      throw env.reject(
          EACCES, "R%d unbounded memory access, use 'var &= const' or 'if (var < const)'", regno);
    }
    access(regno - 1, (int) r.umax, write, zeroAllowed, raw);
    precision.mark(regno);
  }

  /** Checks that a helper may access so many bytes behind a pointer. */
  void access(
      int regno, int size, boolean write, boolean zeroAllowed, StackAccess.@Nullable RawBuffer raw)
      throws VerifierReject {
    RegState r = env.reg(regno);
    switch (RegType.base(r.type)) {
      case RegType.PTR_TO_PACKET, RegType.PTR_TO_PACKET_META ->
          memory.packet(regno, r.off, size, zeroAllowed);
      case RegType.PTR_TO_MAP_KEY -> {
        if (write) {
          throw env.reject(EACCES, "R%d cannot write into %s", regno, RegType.name(r.type));
        }
        regions.check(regno, r.off, size, r.map == null ? 0 : r.map.keySize(), false);
      }
      case RegType.PTR_TO_MAP_VALUE -> {
        MapDescriptor map = r.map;
        if (map == null) {
          throw env.bug("map value without map");
        }
        memory.mapAccessType(map, r.off, size, write);
        memory.values.check(regno, r.off, size, zeroAllowed, false);
      }
      case RegType.PTR_TO_MEM -> {
        if (write && (r.type & RegType.MEM_RDONLY) != 0) {
          throw env.reject(EACCES, "R%d cannot write into %s", regno, RegType.name(r.type));
        }
        regions.check(regno, r.off, size, r.memSize, zeroAllowed);
      }
      case RegType.PTR_TO_BUF -> {
        if (write && (r.type & RegType.MEM_RDONLY) != 0) {
          throw env.reject(EACCES, "R%d cannot write into %s", regno, RegType.name(r.type));
        }
      }
      case RegType.PTR_TO_BTF_ID -> objects.pointers().access(regno, r, r.off, size, false, -1);
      case RegType.PTR_TO_STACK ->
          memory.stack.checkInitialized(regno, r.off, size, zeroAllowed, write, raw);
      default -> {
        if (zeroAllowed && size == 0 && r.isScalar() && r.varOff.equalsConst(0)) {
          return;
        }
        throw env.reject(
            EACCES,
            "R%d type=%s expected=%s",
            regno,
            RegType.name(r.type),
            RegType.name(RegType.PTR_TO_STACK));
      }
    }
  }

  /** Checks that so much memory may be read and written through an argument that may be null. */
  void readWrite(int regno, RegState r, int size, References references) throws VerifierReject {
    if (r.isScalar() && r.varOff.equalsConst(0)) {
      return;
    }
    RegState saved = r.copy();
    try {
      if (RegType.mayBeNull(r.type)) {
        references.markNotNull(r);
      }
      access(regno, size, false, true, null);
      access(regno, size, true, true, null);
    } finally {
      if (RegType.mayBeNull(saved.type)) {
        r.set(saved);
      }
    }
  }

  /** The same for memory whose size the next argument gives. */
  void readWriteSized(int sizeReg, References references) throws VerifierReject {
    RegState r = env.reg(sizeReg - 1);
    RegState size = env.reg(sizeReg);
    RegState saved = r.copy();
    try {
      if (RegType.mayBeNull(r.type)) {
        references.markNotNull(r);
      }
      checkSize(sizeReg, size, false, true, null);
      checkSize(sizeReg, size, true, true, null);
    } finally {
      if (RegType.mayBeNull(saved.type)) {
        r.set(saved);
      }
    }
  }

  /** Checks that a map value pointer points to the value's only field of a type. */
  void mapField(int regno, RegState r, MapDescriptor map, BtfFieldType type, String struct)
      throws VerifierReject {
    if (!r.varOff.isConst()) {
      throw env.reject(
          EINVAL,
          "R%d doesn't have constant offset. %s has to be at the constant offset",
          regno,
          struct);
    }
    if (map.btf() == null) {
      throw env.reject(EINVAL, "map '%s' has to have BTF in order to use %s", map.name(), struct);
    }
    BtfRecord record = map.record();
    if (record == null || !record.has(type)) {
      throw env.reject(EINVAL, "map '%s' has no valid %s", map.name(), struct);
    }
    long off = r.varOff.value() + r.off;
    if (record.offsetOf(type) != off) {
      throw env.reject(
          EINVAL,
          "off %d doesn't point to 'struct %s' that is at %d",
          off,
          struct,
          record.offsetOf(type));
    }
  }

  /** Checks a pointer to a kernel struct that a global function asks for. */
  void checkKernelStruct(int regno, RegState r, int id, boolean nullable) throws VerifierReject {
    int type = nullable ? r.type & ~RegType.PTR_MAYBE_NULL : r.type;
    for (int expected : BTF) {
      if (type == expected) {
        objects.checkKernelStruct(regno, r, id, nullable, false);
        return;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int expected : BTF) {
      text.append(text.length() > 0 ? ", " : "").append(RegType.name(expected));
    }
    throw env.reject(EACCES, "R%d type=%s expected=%s", regno, RegType.name(r.type), text);
  }

  void constantString(int regno, RegState r) throws VerifierReject {
    MapDescriptor map = r.map;
    byte[] text = map == null ? null : map.constants();
    if (map == null || text == null) {
      throw env.reject(EACCES, "R%d does not point to a readonly map'", regno);
    }
    if (!r.varOff.isConst()) {
      throw env.reject(EACCES, "R%d is not a constant address'", regno);
    }
    regions.check(regno, r.off, map.valueSize() - r.off, map.valueSize(), false);
    for (int i = (int) (r.off + r.varOff.value()); i < text.length; i++) {
      if (text[i] == 0) {
        return;
      }
    }
    throw env.reject(EINVAL, "string is not zero-terminated");
  }

  /** The key behind a stack pointer if it is known, or -1. */
  private long constantKey(RegState key, int keySize) throws VerifierReject {
    if (!env.bpfCapable || key.type != RegType.PTR_TO_STACK || !key.varOff.isConst()) {
      return -1;
    }
    FuncState f = env.frameOf(key);
    int at = -(int) (key.off + key.varOff.value()) - 1;
    int slot = at / 8;
    StackSlot s = f.stack[slot];
    int zeros = 0;
    for (int i = at % 8; i >= 0 && s.kind(i) == StackSlot.ZERO; i--) {
      zeros++;
    }
    if (zeros >= keySize) {
      return 0;
    }
    if (!s.isSpilledScalar()) {
      return -1;
    }
    int spills = 0;
    for (int i = at % 8; i >= 0 && s.kind(i) == StackSlot.SPILL; i--) {
      spills++;
    }
    if (spills != keySize || !s.spilled.varOff.isConst()) {
      return -1;
    }
    precision.requestSlot(key.frameno, slot);
    precision.mark(env.state, -1);
    return s.spilled.varOff.value();
  }
}
