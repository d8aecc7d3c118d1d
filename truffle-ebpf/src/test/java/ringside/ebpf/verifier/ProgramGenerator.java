package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;

/**
 * Makes random programs that are mostly right: it knows roughly what each register holds, checks
 * packets and null pointers most of the time, and now and then forgets to.
 */
final class ProgramGenerator extends ProgramDraft {
  /** The maps that generated programs refer to, in the referee's notation. */
  static final String MAPS =
      "[{\"type\":\"array\",\"key\":4,\"value\":48,\"entries\":4},"
          + "{\"type\":\"hash\",\"key\":8,\"value\":16,\"entries\":8},"
          + "{\"type\":\"array\",\"key\":4,\"value\":64,\"entries\":1},"
          + "{\"type\":\"ringbuf\",\"key\":0,\"value\":0,\"entries\":4096},"
          + "{\"type\":\"percpu_array\",\"key\":4,\"value\":24,\"entries\":2},"
          + "{\"type\":\"queue\",\"key\":0,\"value\":8,\"entries\":4}]";

  private static final int[] VALUE_SIZE = {48, 16, 64, 0, 24, 8};
  private static final int[] KEY_SIZE = {4, 8, 4, 0, 4, 0};

  private final ProgramType type;
  private final List<Integer> calls = new ArrayList<>();
  private int depth;
  private int budget;
  private boolean inSubprogram;

  ProgramGenerator(long seed, ProgramType type) {
    super(seed);
    this.type = type;
  }

  List<Insn> generate() {
    for (int i = 0; i < 10; i++) {
      regs[i] = new Reg();
    }
    regs[1].kind = Kind.CTX;
    budget = 5 + random.nextInt(random.nextInt(4) == 0 ? 120 : 40);
    emit(Opcodes.BPF_ALU64 | Opcodes.BPF_MOV | Opcodes.BPF_X, 6, 1, 0, 0);
    regs[6].kind = Kind.CTX;
    if (hasPacket() && random.nextInt(4) != 0) {
      emit(0x61, 7, 1, dataOff(), 0);
      emit(0x61, 8, 1, dataOff() + 4, 0);
      regs[7].kind = Kind.PACKET;
      regs[8].kind = Kind.END;
    }
    block();
    exit();
    functions();
    return insns;
  }

  private boolean hasPacket() {
    return type == ProgramType.XDP
        || type == ProgramType.SCHED_CLS
        || type == ProgramType.CGROUP_SKB;
  }

  /** Offset of {@code data}; {@code data_end} follows it. */
  private int dataOff() {
    return type == ProgramType.XDP ? 0 : 76;
  }

  private void exit() {
    if (random.nextInt(3) != 0 || regs[0].kind != Kind.SCALAR) {
      emit(0xb7, 0, 0, 0, random.nextInt(4));
    }
    emit(0x95, 0, 0, 0, 0);
  }

  /** Appends the functions that were called; each takes a scalar or two and returns a scalar. */
  private void functions() {
    inSubprogram = true;
    for (int n = 0; n < calls.size(); n++) {
      int call = calls.get(n);
      int start = insns.size();
      insns.set(call, new Insn(0x85, 0, 1, 0, start - call - 1));
      Arrays.fill(slots, false);
      for (int i = 0; i < 10; i++) {
        regs[i] = new Reg();
      }
      regs[1].kind = Kind.SCALAR;
      regs[2].kind = Kind.SCALAR;
      budget = 3 + random.nextInt(12);
      depth = 1;
      block();
      exit();
    }
  }

  private void block() {
    int n = 1 + random.nextInt(depth == 0 ? 30 : 8);
    for (int i = 0; i < n && budget > 0; i++) {
      budget--;
      step();
    }
  }

  private void step() {
    switch (random.nextInt(27)) {
      case 0, 1, 2, 3, 4 -> arithmetic();
      case 5, 6 -> move();
      case 7 -> constant(target());
      case 8, 9 -> store();
      case 10, 11 -> load();
      case 12, 13 -> packet();
      case 14, 15, 16 -> branch();
      case 17 -> loop();
      case 18, 19 -> lookup();
      case 20 -> mapAccess();
      case 21 -> helper();
      case 22 -> call();
      case 23 -> ringbuf();
      case 24 -> atomic();
      case 25 -> context();
      default -> pointerMath();
    }
  }

  private void arithmetic() {
    int[] ops = {0x00, 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xc0, 0x30, 0x90, 0x00, 0x50};
    int op = ops[random.nextInt(ops.length)];
    int klass = random.nextInt(3) == 0 ? Opcodes.BPF_ALU : Opcodes.BPF_ALU64;
    int dst = scalar();
    if (random.nextInt(14) == 0) {
      if (random.nextBoolean()) {
        emit(klass | Opcodes.BPF_NEG, dst, 0, 0, 0);
      } else {
        int[] widths = {16, 32, 64};
        emit(0xd4 | (random.nextBoolean() ? 8 : 0), dst, 0, 0, widths[random.nextInt(3)]);
      }
      return;
    }
    boolean divides = op == 0x30 || op == 0x90;
    int off = divides && random.nextInt(3) == 0 ? 1 : 0;
    if (random.nextBoolean()) {
      emit(klass | op | Opcodes.BPF_X, dst, scalar(), off, 0);
      return;
    }
    int imm = number();
    if (op == 0x60 || op == 0x70 || op == 0xc0) {
      imm = random.nextInt(klass == Opcodes.BPF_ALU ? 32 : 64);
    }
    if (op == 0x50 && random.nextBoolean()) {
      imm = (1 << random.nextInt(12)) - 1;
    }
    if (divides && imm == 0) {
      imm = 3;
    }
    emit(klass | op, dst, 0, off, imm);
  }

  private void move() {
    int dst = target();
    int src = random.nextInt(10);
    if (regs[src].kind == Kind.NONE && !careless()) {
      src = scalar();
    }
    boolean plain = regs[src].kind != Kind.SCALAR;
    if (plain || random.nextInt(3) != 0) {
      emit(0xbf, dst, src, 0, 0);
      regs[dst] = regs[src].copy();
    } else if (random.nextBoolean()) {
      emit(0xbc, dst, src, random.nextInt(3) == 0 ? 8 << random.nextInt(2) : 0, 0);
      set(dst, Kind.SCALAR);
    } else {
      emit(0xbf, dst, src, 8 << random.nextInt(3), 0);
      set(dst, Kind.SCALAR);
    }
  }

  private void store() {
    int slot = 1 + random.nextInt(random.nextInt(6) == 0 ? 63 : 8);
    int size = random.nextInt(3) == 0 ? size() : 8;
    int off = -8 * slot + (size == 8 ? 0 : random.nextInt(8 / size) * size);
    if (random.nextInt(3) == 0) {
      emit(0x62 | sizeCode(size), 10, 0, off, number());
    } else {
      int src = random.nextInt(10);
      if (regs[src].kind == Kind.NONE || (size != 8 && regs[src].kind != Kind.SCALAR)) {
        src = scalar();
      }
      emit(0x63 | sizeCode(size), 10, src, off, 0);
    }
    if (size == 8) {
      slots[slot] = true;
    }
  }

  private void load() {
    int slot = 1 + random.nextInt(8);
    for (int i = 0; i < 8 && !slots[slot] && !careless(); i++) {
      slot = 1 + random.nextInt(8);
    }
    int size = random.nextInt(3) == 0 ? size() : 8;
    int off = -8 * slot + (size == 8 ? 0 : random.nextInt(8 / size) * size);
    int dst = target();
    boolean signed = size < 8 && random.nextInt(4) == 0;
    emit((signed ? 0x81 : 0x61) | sizeCode(size), dst, 10, off, 0);
    // A spilled pointer may come back; the generator only uses it as a number by mistake.
    set(dst, Kind.SCALAR);
  }

  private void context() {
    int ctx = any(Kind.CTX);
    if (ctx < 0) {
      return;
    }
    int size = random.nextInt(3) == 0 ? size() : type == ProgramType.KPROBE ? 8 : 4;
    int limit = type == ProgramType.XDP ? 24 : type == ProgramType.KPROBE ? 168 : 192;
    int off = random.nextInt(limit / size) * size;
    if (random.nextInt(4) == 0) {
      emit(0x63 | sizeCode(size), ctx, scalar(), off, 0);
      return;
    }
    int dst = target();
    if (dst == ctx) {
      return;
    }
    emit(0x61 | sizeCode(size), dst, ctx, off, 0);
    set(dst, Kind.SCALAR);
  }

  private void packet() {
    int packet = any(Kind.PACKET);
    int end = any(Kind.END);
    if (packet < 0 || end < 0) {
      if (hasPacket() && any(Kind.CTX) >= 0) {
        int ctx = any(Kind.CTX);
        int dst = target();
        int field = random.nextInt(3);
        int other = type == ProgramType.XDP ? 12 : 0;
        emit(0x61, dst, ctx, field == 2 ? other : dataOff() + field * 4, 0);
        set(dst, field == 0 ? Kind.PACKET : field == 1 ? Kind.END : Kind.SCALAR);
      }
      return;
    }
    int copy = target();
    if (copy == packet || copy == end) {
      return;
    }
    int range = 1 + random.nextInt(40);
    emit(0xbf, copy, packet, 0, 0);
    emit(0x07, copy, 0, 0, range);
    regs[copy] = regs[packet].copy();
    int[] ops = {0x20, 0xa0, 0x30, 0xb0};
    int op = ops[random.nextInt(4)];
    boolean swap = random.nextBoolean();
    int a = swap ? end : copy;
    int b = swap ? copy : end;
    boolean exitOnTrue = (op == 0x20 || op == 0x30) != swap;
    if (careless()) {
      exitOnTrue = !exitOnTrue;
    }
    if (exitOnTrue) {
      int jump = insns.size();
      emit(0, 0, 0, 0, 0);
      accesses(packet, range);
      insns.set(jump, new Insn(0x05 | op | 8, a, b, insns.size() - jump - 1, 0));
    } else {
      emit(0x05 | op | 8, a, b, 1, 0);
      int skip = insns.size();
      emit(0, 0, 0, 0, 0);
      accesses(packet, range);
      insns.set(skip, new Insn(0x05, 0, 0, insns.size() - skip - 1, 0));
    }
  }

  private void accesses(int packet, int range) {
    Reg[] before = snapshot();
    boolean[] stack = slots.clone();
    int n = 1 + random.nextInt(3);
    for (int i = 0; i < n; i++) {
      int size = size();
      int limit = Math.max(1, range - size + 1);
      int off = careless() ? range : random.nextInt(limit) + (regs[packet].off == 0 ? 0 : -1);
      if (range < size && !careless()) {
        size = 1;
        off = 0;
      }
      if (random.nextInt(4) == 0) {
        emit(0x63 | sizeCode(size), packet, scalar(), Math.max(off, 0), 0);
      } else {
        int dst = target();
        if (dst == packet) {
          continue;
        }
        emit(0x61 | sizeCode(size), dst, packet, Math.max(off, 0), 0);
        set(dst, Kind.SCALAR);
      }
    }
    join(before, stack);
  }

  private void branch() {
    if (depth > 4) {
      return;
    }
    int[] ops = {0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0};
    int op = ops[random.nextInt(ops.length)];
    int klass = random.nextInt(3) == 0 ? 0x06 : 0x05;
    int a = scalar();
    int b = random.nextInt(3) == 0 ? scalar() : -1;
    int jump = insns.size();
    emit(0, 0, 0, 0, 0);
    Reg[] before = snapshot();
    boolean[] stack = slots.clone();
    depth++;
    block();
    depth--;
    Insn condition = new Insn(klass | op | (b >= 0 ? 8 : 0), a, Math.max(b, 0), 0, 0);
    int imm = b >= 0 ? 0 : number();
    if (random.nextInt(3) == 0) {
      int over = insns.size();
      emit(0, 0, 0, 0, 0);
      insns.set(jump, condition.withOff(insns.size() - jump - 1).withImm(imm));
      final Reg[] taken = snapshot();
      final boolean[] takenStack = slots.clone();
      regs = before;
      slots = stack;
      depth++;
      block();
      depth--;
      insns.set(over, new Insn(0x05, 0, 0, insns.size() - over - 1, 0));
      join(taken, takenStack);
    } else {
      insns.set(jump, condition.withOff(insns.size() - jump - 1).withImm(imm));
      join(before, stack);
    }
  }

  private void loop() {
    if (depth > 2) {
      return;
    }
    int counter = 6 + random.nextInt(4);
    if (regs[counter].kind == Kind.CTX || regs[counter].kind == Kind.END) {
      return;
    }
    emit(0xb7, counter, 0, 0, 0);
    set(counter, Kind.SCALAR);
    int start = insns.size();
    Reg[] before = snapshot();
    boolean[] stack = slots.clone();
    // What the body uses must hold in every round: forget all but the precious.
    for (int i = 0; i < 10; i++) {
      Kind k = regs[i].kind;
      if (i != counter && k == Kind.SCALAR && random.nextInt(3) != 0) {
        emit(0xb7, i, 0, 0, random.nextInt(8));
      }
    }
    depth += 2;
    int saved = budget;
    budget = Math.min(budget, 6);
    block();
    budget = saved - 1;
    depth -= 2;
    if (regs[counter].kind != Kind.SCALAR) {
      return;
    }
    emit(0x07, counter, 0, 0, 1 + random.nextInt(3));
    int rounds = random.nextInt(10) == 0 ? 200 : 2 + random.nextInt(12);
    int op = random.nextInt(3) == 0 ? 0xc0 : 0xa0;
    emit(0x05 | op, counter, 0, start - insns.size() - 1, rounds);
    join(before, stack);
  }

  private void mapReference(int r, int map) {
    emit(0x18, r, 1, 0, map);
    emit(0, 0, 0, 0, 0);
    set(r, Kind.NONE);
  }

  private void clobber() {
    for (int i = 0; i <= 5; i++) {
      set(i, Kind.NONE);
    }
  }

  private void key(int map) {
    int slot = 1 + random.nextInt(4);
    if (KEY_SIZE[map] == 4) {
      int off = -8 * slot + (random.nextBoolean() ? 4 : 0);
      if (random.nextBoolean()) {
        emit(0x62, 10, 0, off, random.nextInt(6));
      } else {
        emit(0x63, 10, scalar(), off, 0);
      }
      emit(0xbf, 2, 10, 0, 0);
      emit(0x07, 2, 0, 0, off);
    } else {
      emit(0x7b, 10, scalar(), -8 * slot, 0);
      slots[slot] = true;
      emit(0xbf, 2, 10, 0, 0);
      emit(0x07, 2, 0, 0, -8 * slot);
    }
  }

  private void lookup() {
    int[] maps = {0, 1, 2, 4};
    int map = maps[random.nextInt(4)];
    if (random.nextInt(5) == 0) {
      int r = target();
      emit(0x18, r, 2, 0, 2);
      emit(0, 0, 0, 0, random.nextInt(64));
      set(r, Kind.MAP_VALUE);
      regs[r].map = 2;
      return;
    }
    key(map);
    mapReference(1, map);
    emit(0x85, 0, 0, 0, 1);
    clobber();
    set(0, Kind.MAP_VALUE_OR_NULL);
    regs[0].map = map;
    if (random.nextInt(3) == 0) {
      int r = 6 + random.nextInt(4);
      if (regs[r].kind != Kind.CTX && regs[r].kind != Kind.END) {
        emit(0xbf, r, 0, 0, 0);
        regs[r] = regs[0].copy();
      }
    }
    if (random.nextInt(5) != 0) {
      nullCheck();
    }
  }

  private void nullCheck() {
    int r = any(Kind.MAP_VALUE_OR_NULL);
    if (r < 0) {
      return;
    }
    int jump = insns.size();
    emit(0, 0, 0, 0, 0);
    Reg[] before = snapshot();
    boolean[] stack = slots.clone();
    regs[r].kind = Kind.MAP_VALUE;
    depth++;
    int n = 1 + random.nextInt(3);
    for (int i = 0; i < n; i++) {
      mapAccess();
    }
    if (random.nextBoolean()) {
      block();
    }
    depth--;
    insns.set(jump, new Insn(careless() ? 0x55 : 0x15, r, 0, insns.size() - jump - 1, 0));
    regs[r].kind = Kind.NONE;
    before[r].kind = Kind.NONE;
    join(before, stack);
  }

  private void mapAccess() {
    int r = any(Kind.MAP_VALUE);
    if (r < 0 && careless()) {
      r = any(Kind.MAP_VALUE_OR_NULL);
    }
    if (r < 0) {
      return;
    }
    int limit = VALUE_SIZE[regs[r].map];
    int size = size();
    int off = careless() ? limit - size + 1 : random.nextInt(limit - size + 1);
    if (random.nextInt(4) == 0) {
      variable(r, limit, size);
      return;
    }
    if (random.nextBoolean()) {
      emit(0x63 | sizeCode(size), r, scalar(), off, 0);
    } else {
      int dst = target();
      emit(0x61 | sizeCode(size), dst, r, off, 0);
      set(dst, Kind.SCALAR);
    }
  }

  /** An access at an offset that is bounded by a mask or a comparison. */
  private void variable(int r, int limit, int size) {
    int index = target();
    int copy = target();
    if (index == r || copy == r || index == copy) {
      return;
    }
    int from = scalar();
    if (from == copy || from == r) {
      return;
    }
    emit(0xbf, index, from, 0, 0);
    set(index, Kind.SCALAR);
    emit(0xbf, copy, r, 0, 0);
    regs[copy] = regs[r].copy();
    int bound = careless() ? 64 : limit - size;
    if (random.nextBoolean()) {
      emit(0x57, index, 0, 0, Integer.highestOneBit(bound + 1) - 1);
      emit(0x0f, copy, index, 0, 0);
      emit(0x61 | sizeCode(size), index, copy, 0, 0);
    } else {
      emit(0x25, index, 0, 2, bound);
      emit(0x0f, copy, index, 0, 0);
      emit(0x61 | sizeCode(size), index, copy, 0, 0);
    }
    set(copy, Kind.NONE);
  }

  private void helper() {
    switch (random.nextInt(6)) {
      case 0 -> simple(7);
      case 1 -> simple(8);
      case 2 -> simple(5);
      case 3 -> {
        int map = random.nextInt(2);
        key(map);
        int off = -64 - 8 * random.nextInt(3);
        if (!careless()) {
          for (int i = 0; i < VALUE_SIZE[map]; i += 8) {
            emit(0x7a, 10, 0, off - VALUE_SIZE[map] + 8 + i, number());
          }
        }
        emit(0xbf, 3, 10, 0, 0);
        emit(0x07, 3, 0, 0, off - VALUE_SIZE[map] + 8);
        mapReference(1, map);
        emit(0xb7, 4, 0, 0, 0);
        emit(0x85, 0, 0, 0, 2);
        clobber();
        set(0, Kind.SCALAR);
      }
      case 4 -> {
        key(1);
        mapReference(1, 1);
        emit(0x85, 0, 0, 0, 3);
        clobber();
        set(0, Kind.SCALAR);
      }
      default -> {
        emit(0xbf, 2, 10, 0, 0);
        emit(0x07, 2, 0, 0, -8 - 8 * random.nextInt(4));
        mapReference(1, 5);
        emit(0x85, 0, 0, 0, 88 + random.nextInt(2));
        clobber();
        set(0, Kind.SCALAR);
      }
    }
  }

  private void simple(int id) {
    emit(0x85, 0, 0, 0, id);
    clobber();
    set(0, Kind.SCALAR);
  }

  private void call() {
    if (inSubprogram || calls.size() >= 3) {
      return;
    }
    for (int i = 1; i <= 2; i++) {
      if (regs[i].kind != Kind.SCALAR) {
        emit(0xb7, i, 0, 0, number());
      }
    }
    calls.add(insns.size());
    emit(0x85, 0, 1, 0, 0);
    clobber();
    set(0, Kind.SCALAR);
  }

  private void ringbuf() {
    if (inSubprogram) {
      return;
    }
    int size = 8 * (1 + random.nextInt(4));
    mapReference(1, 3);
    emit(0xb7, 2, 0, 0, size);
    emit(0xb7, 3, 0, 0, 0);
    emit(0x85, 0, 0, 0, 131);
    clobber();
    int jump = insns.size();
    emit(0, 0, 0, 0, 0);
    int n = random.nextInt(3);
    for (int i = 0; i < n; i++) {
      int width = size();
      int off = careless() ? size : random.nextInt(size - width + 1);
      emit(0x62 | sizeCode(width), 0, 0, off, number());
    }
    emit(0xbf, 1, 0, 0, 0);
    emit(0xb7, 2, 0, 0, 0);
    if (!careless()) {
      emit(0x85, 0, 0, 0, 132 + random.nextInt(2));
    }
    insns.set(jump, new Insn(0x15, 0, 0, insns.size() - jump - 1, 0));
    clobber();
  }

  private void atomic() {
    int slot = 1 + random.nextInt(8);
    if (!slots[slot] && !careless()) {
      return;
    }
    int[] ops = {0x00, 0x50, 0x40, 0xa0, 0x01, 0x51, 0xe1, 0xf1};
    int op = ops[random.nextInt(ops.length)];
    int src = scalar();
    if (op == 0xf1 && regs[0].kind != Kind.SCALAR) {
      return;
    }
    emit(random.nextBoolean() ? 0xdb : 0xc3, 10, src, -8 * slot, op);
  }

  private void pointerMath() {
    int packet = any(Kind.PACKET);
    if (packet >= 0 && random.nextBoolean()) {
      int dst = target();
      if (dst == packet) {
        return;
      }
      int by = scalar();
      if (by == dst || by == packet) {
        return;
      }
      emit(0xbf, dst, packet, 0, 0);
      regs[dst] = regs[packet].copy();
      emit(0x57, by, 0, 0, (1 << random.nextInt(10)) - 1);
      emit(random.nextInt(6) == 0 ? 0x1f : 0x0f, dst, by, 0, 0);
      return;
    }
    // A stack access at a bounded, variable offset.
    int index = scalar();
    int ptr = target();
    int into = target();
    if (index == ptr || into == ptr) {
      return;
    }
    emit(0x57, index, 0, 0, 0x18);
    emit(0xbf, ptr, 10, 0, 0);
    emit(0x07, ptr, 0, 0, -32);
    emit(0x0f, ptr, index, 0, 0);
    set(ptr, Kind.NONE);
    if (random.nextBoolean()) {
      emit(0x7b, ptr, index, 0, 0);
    } else {
      emit(0x79, into, ptr, 0, 0);
      set(into, Kind.SCALAR);
    }
  }
}
