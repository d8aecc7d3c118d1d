package ringside.rv64.isa;

/**
 * Every instruction of the machine, one row each: mnemonic, encoding, operand format, origin.
 *
 * <p>An instruction word is this one where {@code (word & mask) == match}; no word is two. Decoder,
 * disassembler and the machine's dispatch all read this table.
 */
public enum Op {
  // RV64I: unprivileged specification, chapters 2 and 4
  LUI("lui", 0x00000037, 0x0000007f, Format.UPPER, Extension.I),
  AUIPC("auipc", 0x00000017, 0x0000007f, Format.UPPER, Extension.I),
  JAL("jal", 0x0000006f, 0x0000007f, Format.JUMP, Extension.I),
  JALR("jalr", 0x00000067, 0x0000707f, Format.JUMP_REGISTER, Extension.I),
  BEQ("beq", 0x00000063, 0x0000707f, Format.BRANCH, Extension.I),
  BNE("bne", 0x00001063, 0x0000707f, Format.BRANCH, Extension.I),
  BLT("blt", 0x00004063, 0x0000707f, Format.BRANCH, Extension.I),
  BGE("bge", 0x00005063, 0x0000707f, Format.BRANCH, Extension.I),
  BLTU("bltu", 0x00006063, 0x0000707f, Format.BRANCH, Extension.I),
  BGEU("bgeu", 0x00007063, 0x0000707f, Format.BRANCH, Extension.I),
  LB("lb", 0x00000003, 0x0000707f, Format.LOAD, Extension.I),
  LH("lh", 0x00001003, 0x0000707f, Format.LOAD, Extension.I),
  LW("lw", 0x00002003, 0x0000707f, Format.LOAD, Extension.I),
  LD("ld", 0x00003003, 0x0000707f, Format.LOAD, Extension.I),
  LBU("lbu", 0x00004003, 0x0000707f, Format.LOAD, Extension.I),
  LHU("lhu", 0x00005003, 0x0000707f, Format.LOAD, Extension.I),
  LWU("lwu", 0x00006003, 0x0000707f, Format.LOAD, Extension.I),
  SB("sb", 0x00000023, 0x0000707f, Format.STORE, Extension.I),
  SH("sh", 0x00001023, 0x0000707f, Format.STORE, Extension.I),
  SW("sw", 0x00002023, 0x0000707f, Format.STORE, Extension.I),
  SD("sd", 0x00003023, 0x0000707f, Format.STORE, Extension.I),
  ADDI("addi", 0x00000013, 0x0000707f, Format.I, Extension.I),
  SLTI("slti", 0x00002013, 0x0000707f, Format.I, Extension.I),
  SLTIU("sltiu", 0x00003013, 0x0000707f, Format.I, Extension.I),
  XORI("xori", 0x00004013, 0x0000707f, Format.I, Extension.I),
  ORI("ori", 0x00006013, 0x0000707f, Format.I, Extension.I),
  ANDI("andi", 0x00007013, 0x0000707f, Format.I, Extension.I),
  SLLI("slli", 0x00001013, 0xfc00707f, Format.SHIFT, Extension.I),
  SRLI("srli", 0x00005013, 0xfc00707f, Format.SHIFT, Extension.I),
  SRAI("srai", 0x40005013, 0xfc00707f, Format.SHIFT, Extension.I),
  ADD("add", 0x00000033, 0xfe00707f, Format.R, Extension.I),
  SUB("sub", 0x40000033, 0xfe00707f, Format.R, Extension.I),
  SLL("sll", 0x00001033, 0xfe00707f, Format.R, Extension.I),
  SLT("slt", 0x00002033, 0xfe00707f, Format.R, Extension.I),
  SLTU("sltu", 0x00003033, 0xfe00707f, Format.R, Extension.I),
  XOR("xor", 0x00004033, 0xfe00707f, Format.R, Extension.I),
  SRL("srl", 0x00005033, 0xfe00707f, Format.R, Extension.I),
  SRA("sra", 0x40005033, 0xfe00707f, Format.R, Extension.I),
  OR("or", 0x00006033, 0xfe00707f, Format.R, Extension.I),
  AND("and", 0x00007033, 0xfe00707f, Format.R, Extension.I),
  ADDIW("addiw", 0x0000001b, 0x0000707f, Format.I, Extension.I),
  SLLIW("slliw", 0x0000101b, 0xfe00707f, Format.SHIFT_WORD, Extension.I),
  SRLIW("srliw", 0x0000501b, 0xfe00707f, Format.SHIFT_WORD, Extension.I),
  SRAIW("sraiw", 0x4000501b, 0xfe00707f, Format.SHIFT_WORD, Extension.I),
  ADDW("addw", 0x0000003b, 0xfe00707f, Format.R, Extension.I),
  SUBW("subw", 0x4000003b, 0xfe00707f, Format.R, Extension.I),
  SLLW("sllw", 0x0000103b, 0xfe00707f, Format.R, Extension.I),
  SRLW("srlw", 0x0000503b, 0xfe00707f, Format.R, Extension.I),
  SRAW("sraw", 0x4000503b, 0xfe00707f, Format.R, Extension.I),
  FENCE("fence", 0x0000000f, 0x0000707f, Format.FENCE, Extension.I),
  ECALL("ecall", 0x00000073, 0xffffffff, Format.NONE, Extension.I),
  EBREAK("ebreak", 0x00100073, 0xffffffff, Format.NONE, Extension.I),

  // M: chapter 13
  MUL("mul", 0x02000033, 0xfe00707f, Format.R, Extension.M),
  MULH("mulh", 0x02001033, 0xfe00707f, Format.R, Extension.M),
  MULHSU("mulhsu", 0x02002033, 0xfe00707f, Format.R, Extension.M),
  MULHU("mulhu", 0x02003033, 0xfe00707f, Format.R, Extension.M),
  DIV("div", 0x02004033, 0xfe00707f, Format.R, Extension.M),
  DIVU("divu", 0x02005033, 0xfe00707f, Format.R, Extension.M),
  REM("rem", 0x02006033, 0xfe00707f, Format.R, Extension.M),
  REMU("remu", 0x02007033, 0xfe00707f, Format.R, Extension.M),
  MULW("mulw", 0x0200003b, 0xfe00707f, Format.R, Extension.M),
  DIVW("divw", 0x0200403b, 0xfe00707f, Format.R, Extension.M),
  DIVUW("divuw", 0x0200503b, 0xfe00707f, Format.R, Extension.M),
  REMW("remw", 0x0200603b, 0xfe00707f, Format.R, Extension.M),
  REMUW("remuw", 0x0200703b, 0xfe00707f, Format.R, Extension.M),

  // A: chapter 14
  LR_W("lr.w", 0x1000202f, 0xf9f0707f, Format.LOAD_RESERVED, Extension.A),
  SC_W("sc.w", 0x1800202f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOSWAP_W("amoswap.w", 0x0800202f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOADD_W("amoadd.w", 0x0000202f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOXOR_W("amoxor.w", 0x2000202f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOAND_W("amoand.w", 0x6000202f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOOR_W("amoor.w", 0x4000202f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOMIN_W("amomin.w", 0x8000202f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOMAX_W("amomax.w", 0xa000202f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOMINU_W("amominu.w", 0xc000202f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOMAXU_W("amomaxu.w", 0xe000202f, 0xf800707f, Format.ATOMIC, Extension.A),
  LR_D("lr.d", 0x1000302f, 0xf9f0707f, Format.LOAD_RESERVED, Extension.A),
  SC_D("sc.d", 0x1800302f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOSWAP_D("amoswap.d", 0x0800302f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOADD_D("amoadd.d", 0x0000302f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOXOR_D("amoxor.d", 0x2000302f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOAND_D("amoand.d", 0x6000302f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOOR_D("amoor.d", 0x4000302f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOMIN_D("amomin.d", 0x8000302f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOMAX_D("amomax.d", 0xa000302f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOMINU_D("amominu.d", 0xc000302f, 0xf800707f, Format.ATOMIC, Extension.A),
  AMOMAXU_D("amomaxu.d", 0xe000302f, 0xf800707f, Format.ATOMIC, Extension.A),

  // Zicsr and Zifencei: chapters 6 and 5
  CSRRW("csrrw", 0x00001073, 0x0000707f, Format.CSR, Extension.ZICSR),
  CSRRS("csrrs", 0x00002073, 0x0000707f, Format.CSR, Extension.ZICSR),
  CSRRC("csrrc", 0x00003073, 0x0000707f, Format.CSR, Extension.ZICSR),
  CSRRWI("csrrwi", 0x00005073, 0x0000707f, Format.CSR_IMMEDIATE, Extension.ZICSR),
  CSRRSI("csrrsi", 0x00006073, 0x0000707f, Format.CSR_IMMEDIATE, Extension.ZICSR),
  CSRRCI("csrrci", 0x00007073, 0x0000707f, Format.CSR_IMMEDIATE, Extension.ZICSR),
  FENCE_I("fence.i", 0x0000100f, 0x0000707f, Format.NONE, Extension.ZIFENCEI),

  // Supervisor level: privileged specification, chapter 12
  SRET("sret", 0x10200073, 0xffffffff, Format.NONE, Extension.PRIVILEGED),
  WFI("wfi", 0x10500073, 0xffffffff, Format.NONE, Extension.PRIVILEGED),
  SFENCE_VMA("sfence.vma", 0x12000073, 0xfe007fff, Format.SFENCE, Extension.PRIVILEGED);

  private final String mnemonic;
  private final int match;
  private final int mask;
  private final Format format;
  private final Extension extension;

  Op(String mnemonic, int match, int mask, Format format, Extension extension) {
    this.mnemonic = mnemonic;
    this.match = match;
    this.mask = mask;
    this.format = format;
    this.extension = extension;
  }

  /** The assembler's name, e.g. {@code amoadd.w}. */
  public String mnemonic() {
    return mnemonic;
  }

  /** The fixed bits of the encoding. */
  public int match() {
    return match;
  }

  /** Which bits of the encoding are fixed. */
  public int mask() {
    return mask;
  }

  /** Where the operands are. */
  public Format format() {
    return format;
  }

  /** Which part of the specification it comes from. */
  public Extension extension() {
    return extension;
  }

  /** Whether {@code word} encodes this instruction. */
  public boolean matches(int word) {
    return (word & mask) == match;
  }
}
