package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;
import static ringside.ebpf.verifier.VerifierReject.EOPNOTSUPP;
import static ringside.ebpf.verifier.VerifierReject.EPERM;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.context.ContextRules;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.map.BtfField;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Loads and stores: what a pointer points to decides what may be accessed, and how far. */
final class MemoryChecks {
  private final VerifierEnv env;
  private final RegisterChecks registers;
  private final AluChecks alu;
  private final RegionChecks regions;
  final MapValueChecks values;
  final StackAccess stack;
  private BtfPointers pointers;
  private @Nullable Precision precision;

  MemoryChecks(
      VerifierEnv env,
      RegisterChecks registers,
      RegionChecks regions,
      AluChecks alu,
      StackAccess stack) {
    this.regions = regions;
    values = new MapValueChecks(env, regions);
    this.env = env;
    this.registers = registers;
    this.alu = alu;
    this.stack = stack;
    pointers = new BtfPointers(env);
  }

  /** Takes what checks special fields of values; made after this, because it asks this. */
  void use(BtfPointers kernelPointers, Precision marks) {
    pointers = kernelPointers;
    precision = marks;
  }

  void load(Insn insn, boolean strict, String what) throws VerifierReject {
    registers.src(insn.src());
    registers.dstNoMark(insn.dst());
    int type = env.reg(insn.src()).type;
    boolean signed = Program.mode(insn) == Opcodes.BPF_MEMSX;
    access(insn.src(), insn.off(), Program.size(insn), false, insn.dst(), strict, signed);
    savePointerType(type);
    alu.sane(env.reg(insn.dst()), what);
  }

  void store(Insn insn, boolean strict) throws VerifierReject {
    registers.src(insn.src());
    registers.src(insn.dst());
    int type = env.reg(insn.dst()).type;
    access(insn.dst(), insn.off(), Program.size(insn), true, insn.src(), strict, false);
    savePointerType(type);
  }

  void storeImmediate(Insn insn) throws VerifierReject {
    registers.src(insn.dst());
    int type = env.reg(insn.dst()).type;
    access(insn.dst(), insn.off(), Program.size(insn), true, -1, false, false);
    savePointerType(type);
  }

  /** One instruction may not access a context on one path and something else on another. */
  private void savePointerType(int type) throws VerifierReject {
    InsnAux aux = env.aux();
    if (aux.ptrType == RegType.NOT_INIT) {
      aux.ptrType = type;
    } else if (type != aux.ptrType && (!mixable(type) || !mixable(aux.ptrType))) {
      throw env.reject(EINVAL, "same insn cannot be used with different pointers");
    }
  }

  private static boolean mixable(int type) {
    return switch (RegType.base(type)) {
      case RegType.PTR_TO_CTX,
          RegType.PTR_TO_SOCKET,
          RegType.PTR_TO_SOCK_COMMON,
          RegType.PTR_TO_TCP_SOCK,
          RegType.PTR_TO_XDP_SOCK,
          RegType.PTR_TO_BTF_ID,
          RegType.PTR_TO_ARENA ->
          false;
      default -> true;
    };
  }

  void atomic(Insn insn) throws VerifierReject {
    switch (insn.imm()) {
      case Opcodes.BPF_LOAD_ACQ -> {
        load(insn, true, "atomic_load");
        atomicPointer(insn.src(), "loads from");
      }
      case Opcodes.BPF_STORE_REL -> {
        store(insn, true);
        atomicPointer(insn.dst(), "stores into");
      }
      case Opcodes.BPF_XCHG, Opcodes.BPF_CMPXCHG -> readModifyWrite(insn);
      default -> {
        switch (insn.imm() & ~Opcodes.BPF_FETCH) {
          case Opcodes.BPF_ADD, Opcodes.BPF_AND, Opcodes.BPF_OR, Opcodes.BPF_XOR ->
              readModifyWrite(insn);
          default ->
              throw env.reject(EINVAL, "BPF_ATOMIC uses invalid atomic opcode %02x", insn.imm());
        }
      }
    }
  }

  private void readModifyWrite(Insn insn) throws VerifierReject {
    int size = Program.size(insn);
    if (size != 4 && size != 8) {
      throw env.reject(EINVAL, "invalid atomic operand size");
    }
    registers.src(insn.src());
    registers.src(insn.dst());
    if (insn.imm() == Opcodes.BPF_CMPXCHG) {
      registers.src(0);
      leak(0, "mem");
    }
    leak(insn.src(), "mem");
    atomicPointer(insn.dst(), "stores into");
    int into = -1;
    if ((insn.imm() & Opcodes.BPF_FETCH) != 0) {
      into = insn.imm() == Opcodes.BPF_CMPXCHG ? 0 : insn.src();
      registers.dst(into);
    }
    access(insn.dst(), insn.off(), size, false, -1, true, false);
    if (into >= 0) {
      access(insn.dst(), insn.off(), size, false, into, true, false);
    }
    access(insn.dst(), insn.off(), size, true, -1, true, false);
  }

  private void leak(int regno, String where) throws VerifierReject {
    if (env.isPointerValue(env.reg(regno))) {
      throw env.reject(EACCES, "R%d leaks addr into %s", regno, where);
    }
  }

  private void atomicPointer(int regno, String verb) throws VerifierReject {
    RegState r = env.reg(regno);
    if (r.type == RegType.PTR_TO_CTX
        || r.isPacket()
        || r.type == RegType.PTR_TO_FLOW_KEYS
        || RegType.isSocket(r.type)) {
      throw env.reject(
          EACCES, "BPF_ATOMIC %s R%d %s is not allowed", verb, regno, RegType.name(r.type));
    }
  }

  /**
   * Checks one access.
   *
   * @param value the register loaded into or stored from, or -1
   */
  void access(
      int regno,
      int insnOff,
      int size,
      boolean write,
      int value,
      boolean strictOnce,
      boolean signed)
      throws VerifierReject {
    RegState r = env.reg(regno);
    alignment(r, insnOff, size, strictOnce);
    int off = insnOff + r.off;
    RegState dst = value >= 0 && !write ? env.reg(value) : null;
    switch (RegType.base(r.type)) {
      case RegType.PTR_TO_MAP_KEY -> {
        requirePlain(regno, r);
        if (write) {
          throw env.reject(EACCES, "write to change key R%d not allowed", regno);
        }
        regions.check(regno, off, size, map(r).keySize(), false);
        unknown(dst);
      }
      case RegType.PTR_TO_MAP_VALUE -> {
        requirePlain(regno, r);
        mapValue(regno, r, off, size, write, value, dst, signed);
      }
      case RegType.PTR_TO_MEM -> memory(regno, r, off, size, write, value, dst);
      case RegType.PTR_TO_CTX -> {
        requirePlain(regno, r);
        context(regno, r, off, size, write, value, dst, signed);
      }
      case RegType.PTR_TO_STACK -> {
        stack.checkBounds(regno, off, size, write);
        if (write) {
          stack.write(regno, off, size, value, env.insnIdx);
        } else {
          stack.read(regno, off, size, value);
        }
      }
      case RegType.PTR_TO_PACKET, RegType.PTR_TO_PACKET_META -> {
        if (write && !mayAccessPacket(true)) {
          throw env.reject(EACCES, "cannot write into packet");
        }
        if (write && value >= 0) {
          leak(value, "packet");
        }
        packet(regno, off, size, false);
        unknown(dst);
      }
      case RegType.PTR_TO_FLOW_KEYS -> {
        if (write && value >= 0) {
          leak(value, "flow keys");
        }
        if (off < 0 || off + size > 56) {
          throw env.reject(EACCES, "invalid access to flow keys off=%d size=%d", off, size);
        }
        unknown(dst);
      }
      case RegType.PTR_TO_TP_BUFFER -> {
        buffer("tracepoint", r, regno, off, size);
        unknown(dst);
      }
      case RegType.PTR_TO_BUF -> {
        requirePlain(regno, r);
        boolean readOnly = (r.type & RegType.MEM_RDONLY) != 0;
        if (readOnly && write) {
          throw env.reject(EACCES, "R%d cannot write into %s", regno, RegType.name(r.type));
        }
        buffer(readOnly ? "rdonly" : "rdwr", r, regno, off, size);
        unknown(dst);
      }
      case RegType.PTR_TO_SOCKET,
          RegType.PTR_TO_SOCK_COMMON,
          RegType.PTR_TO_TCP_SOCK,
          RegType.PTR_TO_XDP_SOCK -> {
        requirePlain(regno, r);
        if (write) {
          throw env.reject(EACCES, "R%d cannot write into %s", regno, RegType.name(r.type));
        }
        socket(regno, r, off, size);
        unknown(dst);
      }
      case RegType.PTR_TO_BTF_ID -> {
        requirePlain(regno, r);
        pointers.access(regno, r, off, size, write, value);
      }
      case RegType.PTR_TO_ARENA -> unknown(dst);
      case RegType.CONST_PTR_TO_MAP -> mapStruct(regno, r, off, size, write, dst);
      default -> invalid(regno, r);
    }
    if (dst != null && size < 8 && dst.isScalar()) {
      if (signed) {
        RegBounds.coerceToSizeSigned(dst, size);
      } else {
        RegBounds.coerceToSize(dst, size);
      }
    }
  }

  private void requirePlain(int regno, RegState r) throws VerifierReject {
    if (RegType.mayBeNull(r.type)) {
      invalid(regno, r);
    }
  }

  private void invalid(int regno, RegState r) throws VerifierReject {
    throw env.reject(EACCES, "R%d invalid mem access '%s'", regno, RegType.name(r.type));
  }

  private void unknown(@Nullable RegState dst) {
    if (dst != null) {
      env.markUnknown(dst);
    }
  }

  private static MapDescriptor map(RegState r) {
    MapDescriptor map = r.map;
    if (map == null) {
      throw new IllegalStateException("map pointer without map");
    }
    return map;
  }

  private void alignment(RegState r, int off, int size, boolean strictOnce) throws VerifierReject {
    boolean strict = env.strictAlignment || strictOnce;
    if (r.isPacket() && RegType.flags(r.type) == 0) {
      // Packet data starts two bytes off a word, so that the IP header is aligned.
      if (strict && size != 1 && !r.varOff.add(Tnum.constant(2 + r.off + off)).isAligned(size)) {
        throw env.reject(
            EACCES,
            "misaligned packet access off %d+%s+%d+%d size %d",
            2,
            StatePrinter.tnum(r.varOff),
            r.off,
            off,
            size);
      }
      return;
    }
    String what =
        switch (r.type) {
          case RegType.PTR_TO_FLOW_KEYS -> "flow keys ";
          case RegType.PTR_TO_MAP_KEY -> "key ";
          case RegType.PTR_TO_MAP_VALUE -> "value ";
          case RegType.PTR_TO_CTX -> "context ";
          case RegType.PTR_TO_STACK -> "stack ";
          case RegType.PTR_TO_SOCKET -> "sock ";
          case RegType.PTR_TO_SOCK_COMMON -> "sock_common ";
          case RegType.PTR_TO_TCP_SOCK -> "tcp_sock ";
          case RegType.PTR_TO_XDP_SOCK -> "xdp_sock ";
          default -> "";
        };
    if (r.type == RegType.PTR_TO_ARENA) {
      return;
    }
    strict |= r.type == RegType.PTR_TO_STACK;
    if (strict && size != 1 && !r.varOff.add(Tnum.constant(r.off + off)).isAligned(size)) {
      throw env.reject(
          EACCES,
          "misaligned %saccess off %s+%d+%d size %d",
          what,
          StatePrinter.tnum(r.varOff),
          r.off,
          off,
          size);
    }
  }

  private void memory(
      int regno, RegState r, int off, int size, boolean write, int value, @Nullable RegState dst)
      throws VerifierReject {
    requirePlain(regno, r);
    boolean readOnly = (r.type & RegType.MEM_RDONLY) != 0;
    if (write && readOnly) {
      throw env.reject(EACCES, "R%d cannot write into %s", regno, RegType.name(r.type));
    }
    if (write && value >= 0) {
      leak(value, "mem");
    }
    if (!(readOnly && (r.type & RegType.PTR_UNTRUSTED) != 0)) {
      regions.check(regno, off, size, r.memSize, false);
    }
    unknown(dst);
  }

  private void mapValue(
      int regno,
      RegState r,
      int off,
      int size,
      boolean write,
      int value,
      @Nullable RegState dst,
      boolean signed)
      throws VerifierReject {
    if (write && value >= 0) {
      leak(value, "map");
    }
    MapDescriptor map = map(r);
    mapAccessType(map, off, size, write);
    values.check(regno, off, size, false, true);
    BtfRecord record = map.record();
    BtfField kptr =
        record != null && r.varOff.isConst()
            ? record.find(
                (int) (off + r.varOff.value()), BtfFieldType.BPF_KPTR | BtfFieldType.BPF_UPTR.bit())
            : null;
    Precision marks = precision;
    if (kptr != null && marks != null) {
      pointers.kptr(kptr, value, this, marks);
      return;
    }
    if (dst == null) {
      return;
    }
    byte[] constants = map.constants();
    if (r.varOff.isConst() && constants != null) {
      int at = (int) (off + r.varOff.value());
      long v = 0;
      for (int i = size - 1; i >= 0; i--) {
        v = v << 8 | (constants[at + i] & 0xff);
      }
      if (signed) {
        int shift = 64 - 8 * size;
        v = v << shift >> shift;
      }
      dst.type = RegType.SCALAR_VALUE;
      dst.markKnown(v);
      return;
    }
    env.markUnknown(dst);
  }

  /** The struct behind a map pointer: read only, and not for everyone. */
  private void mapStruct(
      int regno, RegState r, int off, int size, boolean write, @Nullable RegState dst)
      throws VerifierReject {
    String name = MapStructs.name(map(r).type());
    if (name.isEmpty()) {
      throw env.reject(
          EOPNOTSUPP, "map_ptr access not supported for map type %d", map(r).type().id());
    }
    if (!env.allowPtrLeaks) {
      throw env.reject(
          EPERM, "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN", name);
    }
    if (off < 0) {
      throw env.reject(EACCES, "R%d is %s invalid negative access: off=%d", regno, name, off);
    }
    if (write) {
      throw env.reject(EACCES, "only read from %s is supported", name);
    }
    Btf kernel = env.kernelBtf;
    Integer struct = kernel == null ? null : kernel.find(name, BtfType.Struct.class).orElse(null);
    if (kernel == null || struct == null) {
      invalid(regno, r);
      return;
    }
    pointers.mapStruct(kernel, struct, off, size, dst);
  }

  void mapAccessType(MapDescriptor map, int off, int size, boolean write) throws VerifierReject {
    if (write && (map.flags() & MapDescriptor.BPF_F_RDONLY_PROG) != 0) {
      throw env.reject(
          EACCES,
          "write into map forbidden, value_size=%d off=%d size=%d",
          map.valueSize(),
          off,
          size);
    }
    if (!write && (map.flags() & MapDescriptor.BPF_F_WRONLY_PROG) != 0) {
      throw env.reject(
          EACCES,
          "read from map forbidden, value_size=%d off=%d size=%d",
          map.valueSize(),
          off,
          size);
    }
  }

  /** An access to packet data: only as far as a comparison with the packet's end allows. */
  void packet(int regno, int off, int size, boolean zeroAllowed) throws VerifierReject {
    RegState r = env.reg(regno);
    if (r.smin < 0) {
      throw regions.negative(regno);
    }
    int errno = r.range < 0 ? EINVAL : 0;
    if (errno == 0) {
      try {
        regions.plain(regno, off, size, r.range, zeroAllowed);
      } catch (VerifierReject e) {
        errno = e.errno;
      }
    }
    if (errno != 0) {
      throw env.reject(errno, "R%d offset is outside of the packet", regno);
    }
  }

  /** Whether programs of this type may access packet data directly. */
  boolean mayAccessPacket(boolean write) {
    return switch (env.type) {
      case LWT_IN, LWT_OUT, LWT_SEG6LOCAL, SK_REUSEPORT, FLOW_DISSECTOR, CGROUP_SKB -> !write;
      case SCHED_CLS, SCHED_ACT, XDP, LWT_XMIT, SK_SKB, SK_MSG, CGROUP_SOCKOPT -> true;
      default -> false;
    };
  }

  /** A pointer that may only be used as it came, without any offset. */
  void unmodified(RegState r, int regno, boolean fixedAllowed) throws VerifierReject {
    String name = RegType.name(r.type);
    if (r.off < 0) {
      throw env.reject(EACCES, "negative offset %s ptr R%d off=%d disallowed", name, regno, r.off);
    }
    if (!fixedAllowed && r.off != 0) {
      throw env.reject(
          EACCES, "dereference of modified %s ptr R%d off=%d disallowed", name, regno, r.off);
    }
    if (!r.varOff.equalsConst(0)) {
      throw env.reject(
          EACCES, "variable %s access var_off=%s disallowed", name, StatePrinter.tnum(r.varOff));
    }
  }

  private void context(
      int regno,
      RegState r,
      int off,
      int size,
      boolean write,
      int value,
      @Nullable RegState dst,
      boolean signed)
      throws VerifierReject {
    if (write && value >= 0) {
      leak(value, "ctx");
    }
    unmodified(r, regno, false);
    AttachTarget target = env.attachTarget;
    if (target != null) {
      attached(target, off, size, write, dst, signed);
      return;
    }
    ContextRules.Field field = env.input.context().access(off, size, write);
    boolean pointer = field != null && field.kind() != ContextRules.Kind.SCALAR_VALUE;
    if (field == null || (pointer && signed)) {
      throw env.reject(EACCES, "invalid bpf_context access off=%d size=%d", off, size);
    }
    if (dst == null) {
      return;
    }
    if (!pointer) {
      env.markUnknown(dst);
      return;
    }
    dst.markKnown(0);
    dst.type =
        switch (field.kind()) {
          case PTR_TO_PACKET -> RegType.PTR_TO_PACKET;
          case PTR_TO_PACKET_META -> RegType.PTR_TO_PACKET_META;
          case PTR_TO_PACKET_END -> RegType.PTR_TO_PACKET_END;
          case PTR_TO_FLOW_KEYS -> RegType.PTR_TO_FLOW_KEYS;
          case PTR_TO_SOCK_COMMON_OR_NULL -> RegType.PTR_TO_SOCK_COMMON | RegType.PTR_MAYBE_NULL;
          case PTR_TO_SOCKET -> RegType.PTR_TO_SOCKET;
          case PTR_TO_SOCKET_OR_NULL -> RegType.PTR_TO_SOCKET | RegType.PTR_MAYBE_NULL;
          case PTR_TO_TP_BUFFER -> RegType.PTR_TO_TP_BUFFER;
          case PTR_TO_BTF_ID_TRUSTED -> RegType.PTR_TO_BTF_ID | RegType.PTR_TRUSTED;
          default -> RegType.PTR_TO_BTF_ID;
        };
    if (RegType.mayBeNull(dst.type)) {
      dst.id = ++env.idGen;
    }
  }

  /** A word of a context that a kernel function's prototype describes. */
  private void attached(
      AttachTarget target, int off, int size, boolean write, @Nullable RegState dst, boolean signed)
      throws VerifierReject {
    AttachTarget.Word word = target.access(off, size, write);
    if (word == null || (word.type() != RegType.SCALAR_VALUE && signed)) {
      throw env.reject(EACCES, "invalid bpf_context access off=%d size=%d", off, size);
    }
    if (dst == null) {
      return;
    }
    if (word.type() == RegType.SCALAR_VALUE) {
      env.markUnknown(dst);
      return;
    }
    dst.markKnown(0);
    dst.type = word.type();
    dst.btf = word.btf();
    dst.btfId = word.btfId();
    if (RegType.mayBeNull(dst.type)) {
      dst.id = ++env.idGen;
    }
  }

  private void buffer(String what, RegState r, int regno, int off, int size) throws VerifierReject {
    if (off < 0) {
      throw env.reject(
          EACCES, "R%d invalid %s buffer access: off=%d, size=%d", regno, what, off, size);
    }
    if (!r.varOff.equalsConst(0)) {
      throw env.reject(
          EACCES,
          "R%d invalid variable buffer offset: off=%d, var_off=%s",
          regno,
          off,
          StatePrinter.tnum(r.varOff));
    }
  }

  private void socket(int regno, RegState r, int off, int size) throws VerifierReject {
    if (r.smin < 0) {
      throw regions.negative(regno);
    }
    if (!SocketFields.readable(r.type, off, size)) {
      throw env.reject(
          EACCES, "R%d invalid %s access off=%d size=%d", regno, RegType.name(r.type), off, size);
    }
  }
}
