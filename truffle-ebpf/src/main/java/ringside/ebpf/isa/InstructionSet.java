package ringside.ebpf.isa;

import static ringside.ebpf.isa.Conformance.ATOMIC32;
import static ringside.ebpf.isa.Conformance.ATOMIC64;
import static ringside.ebpf.isa.Conformance.BASE32;
import static ringside.ebpf.isa.Conformance.BASE64;
import static ringside.ebpf.isa.Conformance.CALLX;
import static ringside.ebpf.isa.Conformance.DIVMUL32;
import static ringside.ebpf.isa.Conformance.DIVMUL64;
import static ringside.ebpf.isa.Conformance.PACKET;
import static ringside.ebpf.isa.Instruction.row;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The eBPF instruction set as data: RFC 9669 and what Linux added to it.
 *
 * <p>Decoder, encoder, assembler, disassembler and the checks of reserved fields read this table.
 * To add an instruction, add its number to {@link Op}, its row here and its case to the dispatch
 * loop.
 */
public final class InstructionSet {
  /** All rows; row {@code i} is that of {@link Op} number {@code i}. */
  public static final List<Instruction> ROWS =
      List.of(
          row(Op.ADD32_K, 0x04, BASE32, "w$d += $i"),
          row(Op.ADD32_X, 0x0c, BASE32, "w$d += w$s"),
          row(Op.SUB32_K, 0x14, BASE32, "w$d -= $i"),
          row(Op.SUB32_X, 0x1c, BASE32, "w$d -= w$s"),
          row(Op.MUL32_K, 0x24, DIVMUL32, "w$d *= $i"),
          row(Op.MUL32_X, 0x2c, DIVMUL32, "w$d *= w$s"),
          row(Op.DIV32_K, 0x34, DIVMUL32, "w$d /= $i"),
          row(Op.DIV32_X, 0x3c, DIVMUL32, "w$d /= w$s"),
          row(Op.OR32_K, 0x44, BASE32, "w$d |= $i"),
          row(Op.OR32_X, 0x4c, BASE32, "w$d |= w$s"),
          row(Op.AND32_K, 0x54, BASE32, "w$d &= $i"),
          row(Op.AND32_X, 0x5c, BASE32, "w$d &= w$s"),
          row(Op.LSH32_K, 0x64, BASE32, "w$d <<= $i"),
          row(Op.LSH32_X, 0x6c, BASE32, "w$d <<= w$s"),
          row(Op.RSH32_K, 0x74, BASE32, "w$d >>= $i"),
          row(Op.RSH32_X, 0x7c, BASE32, "w$d >>= w$s"),
          row(Op.MOD32_K, 0x94, DIVMUL32, "w$d %= $i"),
          row(Op.MOD32_X, 0x9c, DIVMUL32, "w$d %= w$s"),
          row(Op.XOR32_K, 0xa4, BASE32, "w$d ^= $i"),
          row(Op.XOR32_X, 0xac, BASE32, "w$d ^= w$s"),
          row(Op.MOV32_K, 0xb4, BASE32, "w$d = $i"),
          row(Op.MOV32_X, 0xbc, BASE32, "w$d = w$s"),
          row(Op.ARSH32_K, 0xc4, BASE32, "w$d s>>= $i"),
          row(Op.ARSH32_X, 0xcc, BASE32, "w$d s>>= w$s"),
          row(Op.SDIV32_K, 0x34, DIVMUL32, "w$d s/= $i").off(1),
          row(Op.SDIV32_X, 0x3c, DIVMUL32, "w$d s/= w$s").off(1),
          row(Op.SMOD32_K, 0x94, DIVMUL32, "w$d s%= $i").off(1),
          row(Op.SMOD32_X, 0x9c, DIVMUL32, "w$d s%= w$s").off(1),
          row(Op.MOVSX8_32, 0xbc, BASE32, "w$d = (s8)w$s").off(8),
          row(Op.MOVSX16_32, 0xbc, BASE32, "w$d = (s16)w$s").off(16),
          row(Op.NEG32, 0x84, BASE32, "w$d = -w$d"),
          row(Op.ADD64_K, 0x07, BASE64, "r$d += $i"),
          row(Op.ADD64_X, 0x0f, BASE64, "r$d += r$s"),
          row(Op.SUB64_K, 0x17, BASE64, "r$d -= $i"),
          row(Op.SUB64_X, 0x1f, BASE64, "r$d -= r$s"),
          row(Op.MUL64_K, 0x27, DIVMUL64, "r$d *= $i"),
          row(Op.MUL64_X, 0x2f, DIVMUL64, "r$d *= r$s"),
          row(Op.DIV64_K, 0x37, DIVMUL64, "r$d /= $i"),
          row(Op.DIV64_X, 0x3f, DIVMUL64, "r$d /= r$s"),
          row(Op.OR64_K, 0x47, BASE64, "r$d |= $i"),
          row(Op.OR64_X, 0x4f, BASE64, "r$d |= r$s"),
          row(Op.AND64_K, 0x57, BASE64, "r$d &= $i"),
          row(Op.AND64_X, 0x5f, BASE64, "r$d &= r$s"),
          row(Op.LSH64_K, 0x67, BASE64, "r$d <<= $i"),
          row(Op.LSH64_X, 0x6f, BASE64, "r$d <<= r$s"),
          row(Op.RSH64_K, 0x77, BASE64, "r$d >>= $i"),
          row(Op.RSH64_X, 0x7f, BASE64, "r$d >>= r$s"),
          row(Op.MOD64_K, 0x97, DIVMUL64, "r$d %= $i"),
          row(Op.MOD64_X, 0x9f, DIVMUL64, "r$d %= r$s"),
          row(Op.XOR64_K, 0xa7, BASE64, "r$d ^= $i"),
          row(Op.XOR64_X, 0xaf, BASE64, "r$d ^= r$s"),
          row(Op.MOV64_K, 0xb7, BASE64, "r$d = $i"),
          row(Op.MOV64_X, 0xbf, BASE64, "r$d = r$s"),
          row(Op.ARSH64_K, 0xc7, BASE64, "r$d s>>= $i"),
          row(Op.ARSH64_X, 0xcf, BASE64, "r$d s>>= r$s"),
          row(Op.SDIV64_K, 0x37, DIVMUL64, "r$d s/= $i").off(1),
          row(Op.SDIV64_X, 0x3f, DIVMUL64, "r$d s/= r$s").off(1),
          row(Op.SMOD64_K, 0x97, DIVMUL64, "r$d s%= $i").off(1),
          row(Op.SMOD64_X, 0x9f, DIVMUL64, "r$d s%= r$s").off(1),
          row(Op.MOVSX8_64, 0xbf, BASE64, "r$d = (s8)r$s").off(8),
          row(Op.MOVSX16_64, 0xbf, BASE64, "r$d = (s16)r$s").off(16),
          row(Op.MOVSX32_64, 0xbf, BASE64, "r$d = (s32)r$s").off(32),
          row(Op.NEG64, 0x87, BASE64, "r$d = -r$d"),
          row(Op.LE16, 0xd4, BASE32, "r$d = le16 r$d").imm(16),
          row(Op.LE32, 0xd4, BASE32, "r$d = le32 r$d").imm(32),
          row(Op.LE64, 0xd4, BASE64, "r$d = le64 r$d").imm(64),
          row(Op.BE16, 0xdc, BASE32, "r$d = be16 r$d").imm(16),
          row(Op.BE32, 0xdc, BASE32, "r$d = be32 r$d").imm(32),
          row(Op.BE64, 0xdc, BASE64, "r$d = be64 r$d").imm(64),
          row(Op.BSWAP16, 0xd7, BASE64, "r$d = bswap16 r$d").imm(16),
          row(Op.BSWAP32, 0xd7, BASE64, "r$d = bswap32 r$d").imm(32),
          row(Op.BSWAP64, 0xd7, BASE64, "r$d = bswap64 r$d").imm(64),
          row(Op.ADDR_SPACE_CAST, 0xbf, BASE64, "r$d = addr_space_cast(r$s, $h, $l)").off(1),
          row(Op.JEQ32_K, 0x16, BASE32, "if w$d == $x goto $t"),
          row(Op.JEQ32_X, 0x1e, BASE32, "if w$d == w$s goto $t"),
          row(Op.JGT32_K, 0x26, BASE32, "if w$d > $x goto $t"),
          row(Op.JGT32_X, 0x2e, BASE32, "if w$d > w$s goto $t"),
          row(Op.JGE32_K, 0x36, BASE32, "if w$d >= $x goto $t"),
          row(Op.JGE32_X, 0x3e, BASE32, "if w$d >= w$s goto $t"),
          row(Op.JSET32_K, 0x46, BASE32, "if w$d & $x goto $t"),
          row(Op.JSET32_X, 0x4e, BASE32, "if w$d & w$s goto $t"),
          row(Op.JNE32_K, 0x56, BASE32, "if w$d != $x goto $t"),
          row(Op.JNE32_X, 0x5e, BASE32, "if w$d != w$s goto $t"),
          row(Op.JSGT32_K, 0x66, BASE32, "if w$d s> $x goto $t"),
          row(Op.JSGT32_X, 0x6e, BASE32, "if w$d s> w$s goto $t"),
          row(Op.JSGE32_K, 0x76, BASE32, "if w$d s>= $x goto $t"),
          row(Op.JSGE32_X, 0x7e, BASE32, "if w$d s>= w$s goto $t"),
          row(Op.JLT32_K, 0xa6, BASE32, "if w$d < $x goto $t"),
          row(Op.JLT32_X, 0xae, BASE32, "if w$d < w$s goto $t"),
          row(Op.JLE32_K, 0xb6, BASE32, "if w$d <= $x goto $t"),
          row(Op.JLE32_X, 0xbe, BASE32, "if w$d <= w$s goto $t"),
          row(Op.JSLT32_K, 0xc6, BASE32, "if w$d s< $x goto $t"),
          row(Op.JSLT32_X, 0xce, BASE32, "if w$d s< w$s goto $t"),
          row(Op.JSLE32_K, 0xd6, BASE32, "if w$d s<= $x goto $t"),
          row(Op.JSLE32_X, 0xde, BASE32, "if w$d s<= w$s goto $t"),
          row(Op.JEQ64_K, 0x15, BASE64, "if r$d == $x goto $t"),
          row(Op.JEQ64_X, 0x1d, BASE64, "if r$d == r$s goto $t"),
          row(Op.JGT64_K, 0x25, BASE64, "if r$d > $x goto $t"),
          row(Op.JGT64_X, 0x2d, BASE64, "if r$d > r$s goto $t"),
          row(Op.JGE64_K, 0x35, BASE64, "if r$d >= $x goto $t"),
          row(Op.JGE64_X, 0x3d, BASE64, "if r$d >= r$s goto $t"),
          row(Op.JSET64_K, 0x45, BASE64, "if r$d & $x goto $t"),
          row(Op.JSET64_X, 0x4d, BASE64, "if r$d & r$s goto $t"),
          row(Op.JNE64_K, 0x55, BASE64, "if r$d != $x goto $t"),
          row(Op.JNE64_X, 0x5d, BASE64, "if r$d != r$s goto $t"),
          row(Op.JSGT64_K, 0x65, BASE64, "if r$d s> $x goto $t"),
          row(Op.JSGT64_X, 0x6d, BASE64, "if r$d s> r$s goto $t"),
          row(Op.JSGE64_K, 0x75, BASE64, "if r$d s>= $x goto $t"),
          row(Op.JSGE64_X, 0x7d, BASE64, "if r$d s>= r$s goto $t"),
          row(Op.JLT64_K, 0xa5, BASE64, "if r$d < $x goto $t"),
          row(Op.JLT64_X, 0xad, BASE64, "if r$d < r$s goto $t"),
          row(Op.JLE64_K, 0xb5, BASE64, "if r$d <= $x goto $t"),
          row(Op.JLE64_X, 0xbd, BASE64, "if r$d <= r$s goto $t"),
          row(Op.JSLT64_K, 0xc5, BASE64, "if r$d s< $x goto $t"),
          row(Op.JSLT64_X, 0xcd, BASE64, "if r$d s< r$s goto $t"),
          row(Op.JSLE64_K, 0xd5, BASE64, "if r$d s<= $x goto $t"),
          row(Op.JSLE64_X, 0xdd, BASE64, "if r$d s<= r$s goto $t"),
          row(Op.JA, 0x05, BASE32, "goto $t"),
          row(Op.JA_L, 0x06, BASE32, "gotol $T"),
          row(Op.MAY_GOTO, 0xe5, BASE32, "may_goto $t").src(0),
          row(Op.CALL_HELPER, 0x85, BASE32, "call $f").src(0),
          row(Op.CALL_LOCAL, 0x85, BASE32, "call $T").src(1),
          row(Op.CALL_KFUNC, 0x85, BASE32, "call kfunc $f").src(2),
          row(Op.CALLX, 0x8d, CALLX, "callx r$d"),
          row(Op.EXIT, 0x95, BASE32, "exit"),
          row(Op.LD_IMM64, 0x18, BASE64, "r$d = $q ll").src(0),
          row(Op.LD_MAP_FD, 0x18, BASE64, "r$d = map_fd($q)").src(1),
          row(Op.LD_MAP_VALUE, 0x18, BASE64, "r$d = map_value($q)").src(2),
          row(Op.LD_BTF_ID, 0x18, BASE64, "r$d = btf_id($q)").src(3),
          row(Op.LD_FUNC, 0x18, BASE64, "r$d = func($q)").src(4),
          row(Op.LD_MAP_IDX, 0x18, BASE64, "r$d = map_idx($q)").src(5),
          row(Op.LD_MAP_IDX_VALUE, 0x18, BASE64, "r$d = map_idx_value($q)").src(6),
          row(Op.LD_ABS_W, 0x20, PACKET, "r0 = *(u32 *)skb[$i]"),
          row(Op.LD_ABS_H, 0x28, PACKET, "r0 = *(u16 *)skb[$i]"),
          row(Op.LD_ABS_B, 0x30, PACKET, "r0 = *(u8 *)skb[$i]"),
          row(Op.LD_IND_W, 0x40, PACKET, "r0 = *(u32 *)skb[r$s + $i]"),
          row(Op.LD_IND_H, 0x48, PACKET, "r0 = *(u16 *)skb[r$s + $i]"),
          row(Op.LD_IND_B, 0x50, PACKET, "r0 = *(u8 *)skb[r$s + $i]"),
          row(Op.LDX_W, 0x61, BASE32, "r$d = *(u32 *)(r$s $o)"),
          row(Op.LDX_H, 0x69, BASE32, "r$d = *(u16 *)(r$s $o)"),
          row(Op.LDX_B, 0x71, BASE32, "r$d = *(u8 *)(r$s $o)"),
          row(Op.LDX_DW, 0x79, BASE64, "r$d = *(u64 *)(r$s $o)"),
          row(Op.LDXS_W, 0x81, BASE64, "r$d = *(s32 *)(r$s $o)"),
          row(Op.LDXS_H, 0x89, BASE64, "r$d = *(s16 *)(r$s $o)"),
          row(Op.LDXS_B, 0x91, BASE64, "r$d = *(s8 *)(r$s $o)"),
          row(Op.ST_W, 0x62, BASE32, "*(u32 *)(r$d $o) = $i"),
          row(Op.ST_H, 0x6a, BASE32, "*(u16 *)(r$d $o) = $i"),
          row(Op.ST_B, 0x72, BASE32, "*(u8 *)(r$d $o) = $i"),
          row(Op.ST_DW, 0x7a, BASE64, "*(u64 *)(r$d $o) = $i"),
          row(Op.STX_W, 0x63, BASE32, "*(u32 *)(r$d $o) = r$s"),
          row(Op.STX_H, 0x6b, BASE32, "*(u16 *)(r$d $o) = r$s"),
          row(Op.STX_B, 0x73, BASE32, "*(u8 *)(r$d $o) = r$s"),
          row(Op.STX_DW, 0x7b, BASE64, "*(u64 *)(r$d $o) = r$s"),
          row(Op.ATOMIC_ADD32, 0xc3, ATOMIC32, "lock *(u32 *)(r$d $o) += r$s").imm(0),
          row(Op.ATOMIC_FETCH_ADD32, 0xc3, ATOMIC32, "r$s = atomic_fetch_add((u32 *)(r$d $o), r$s)")
              .imm(1),
          row(Op.ATOMIC_ADD64, 0xdb, ATOMIC64, "lock *(u64 *)(r$d $o) += r$s").imm(0),
          row(
                  Op.ATOMIC_FETCH_ADD64,
                  0xdb,
                  ATOMIC64,
                  "r$s = atomic64_fetch_add((u64 *)(r$d $o), r$s)")
              .imm(1),
          row(Op.ATOMIC_OR32, 0xc3, ATOMIC32, "lock *(u32 *)(r$d $o) |= r$s").imm(0x40),
          row(Op.ATOMIC_FETCH_OR32, 0xc3, ATOMIC32, "r$s = atomic_fetch_or((u32 *)(r$d $o), r$s)")
              .imm(0x41),
          row(Op.ATOMIC_OR64, 0xdb, ATOMIC64, "lock *(u64 *)(r$d $o) |= r$s").imm(0x40),
          row(Op.ATOMIC_FETCH_OR64, 0xdb, ATOMIC64, "r$s = atomic64_fetch_or((u64 *)(r$d $o), r$s)")
              .imm(0x41),
          row(Op.ATOMIC_AND32, 0xc3, ATOMIC32, "lock *(u32 *)(r$d $o) &= r$s").imm(0x50),
          row(Op.ATOMIC_FETCH_AND32, 0xc3, ATOMIC32, "r$s = atomic_fetch_and((u32 *)(r$d $o), r$s)")
              .imm(0x51),
          row(Op.ATOMIC_AND64, 0xdb, ATOMIC64, "lock *(u64 *)(r$d $o) &= r$s").imm(0x50),
          row(
                  Op.ATOMIC_FETCH_AND64,
                  0xdb,
                  ATOMIC64,
                  "r$s = atomic64_fetch_and((u64 *)(r$d $o), r$s)")
              .imm(0x51),
          row(Op.ATOMIC_XOR32, 0xc3, ATOMIC32, "lock *(u32 *)(r$d $o) ^= r$s").imm(0xa0),
          row(Op.ATOMIC_FETCH_XOR32, 0xc3, ATOMIC32, "r$s = atomic_fetch_xor((u32 *)(r$d $o), r$s)")
              .imm(0xa1),
          row(Op.ATOMIC_XOR64, 0xdb, ATOMIC64, "lock *(u64 *)(r$d $o) ^= r$s").imm(0xa0),
          row(
                  Op.ATOMIC_FETCH_XOR64,
                  0xdb,
                  ATOMIC64,
                  "r$s = atomic64_fetch_xor((u64 *)(r$d $o), r$s)")
              .imm(0xa1),
          row(Op.ATOMIC_XCHG32, 0xc3, ATOMIC32, "r$s = atomic_xchg((u32 *)(r$d $o), r$s)")
              .imm(0xe1),
          row(Op.ATOMIC_CMPXCHG32, 0xc3, ATOMIC32, "r0 = atomic_cmpxchg((u32 *)(r$d $o), r0, r$s)")
              .imm(0xf1),
          row(Op.ATOMIC_XCHG64, 0xdb, ATOMIC64, "r$s = atomic64_xchg((u64 *)(r$d $o), r$s)")
              .imm(0xe1),
          row(
                  Op.ATOMIC_CMPXCHG64,
                  0xdb,
                  ATOMIC64,
                  "r0 = atomic64_cmpxchg((u64 *)(r$d $o), r0, r$s)")
              .imm(0xf1),
          row(Op.LOAD_ACQ_W, 0xc3, ATOMIC32, "r$d = load_acquire((u32 *)(r$s $o))").imm(0x100),
          row(Op.LOAD_ACQ_H, 0xcb, ATOMIC32, "r$d = load_acquire((u16 *)(r$s $o))").imm(0x100),
          row(Op.LOAD_ACQ_B, 0xd3, ATOMIC32, "r$d = load_acquire((u8 *)(r$s $o))").imm(0x100),
          row(Op.LOAD_ACQ_DW, 0xdb, ATOMIC64, "r$d = load_acquire((u64 *)(r$s $o))").imm(0x100),
          row(Op.STORE_REL_W, 0xc3, ATOMIC32, "store_release((u32 *)(r$d $o), r$s)").imm(0x110),
          row(Op.STORE_REL_H, 0xcb, ATOMIC32, "store_release((u16 *)(r$d $o), r$s)").imm(0x110),
          row(Op.STORE_REL_B, 0xd3, ATOMIC32, "store_release((u8 *)(r$d $o), r$s)").imm(0x110),
          row(Op.STORE_REL_DW, 0xdb, ATOMIC64, "store_release((u64 *)(r$d $o), r$s)").imm(0x110));

  private static final List<List<Instruction>> BY_CODE = byCode();

  private InstructionSet() {}

  private static List<List<Instruction>> byCode() {
    List<List<Instruction>> table = new ArrayList<>();
    for (int code = 0; code < 256; code++) {
      table.add(new ArrayList<>());
    }
    for (Instruction row : ROWS) {
      table.get(row.code()).add(row);
    }
    return table.stream().map(List::copyOf).toList();
  }

  /**
   * The row that an instruction is, by opcode and by the fields that tell rows of one opcode apart;
   * null where there is none.
   *
   * <p>Reserved fields are not looked at, see {@link Instruction#reservedClear}.
   */
  public static @Nullable Instruction find(Insn insn) {
    for (Instruction row : BY_CODE.get(insn.code())) {
      if (row.matches(insn)) {
        return row;
      }
    }
    return null;
  }

  /** The rows that share an 8-bit opcode; empty where the opcode is unused. */
  public static List<Instruction> withCode(int code) {
    return BY_CODE.get(code & 0xff);
  }
}
