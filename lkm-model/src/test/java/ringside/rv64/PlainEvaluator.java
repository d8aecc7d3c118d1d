package ringside.rv64;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import ringside.rv64.isa.Decoder;
import ringside.rv64.isa.Instruction;

/**
 * Executes straight from the words, one instruction after the other, as the specification's prose
 * says; shares nothing with the machine but the decoder.
 *
 * <p>Memory is a map of bytes, wide products are big integers: slow and hard to get wrong.
 */
final class PlainEvaluator {
  private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

  final long[] x = new long[32];
  long retired;

  private final long code;
  private final int[] words;
  private final long dataAt;
  private final int dataSize;
  private final Map<Long, Byte> bytes = new HashMap<>();
  private boolean reserved;
  private long pc;

  PlainEvaluator(long code, int[] words, long dataAt, byte[] data) {
    this.code = code;
    this.words = words;
    this.dataAt = dataAt;
    this.dataSize = data.length;
    for (int i = 0; i < data.length; i++) {
      bytes.put(dataAt + i, data[i]);
    }
  }

  byte[] data() {
    byte[] data = new byte[dataSize];
    for (int i = 0; i < dataSize; i++) {
      data[i] = bytes.getOrDefault(dataAt + i, (byte) 0);
    }
    return data;
  }

  void put(long address, long value) {
    store(address, 8, value);
  }

  long get(long address) {
    return load(address, 8);
  }

  /** Runs until a jump to 0, where ra points at first. */
  void run() {
    pc = code;
    while (pc != 0) {
      Instruction instruction = Decoder.decode(words[(int) (pc - code) / 4]);
      if (instruction == null) {
        throw new IllegalStateException("no instruction at +" + (pc - code));
      }
      long next = pc + 4;
      long target = execute(instruction);
      pc = target == -1 ? next : target;
      x[0] = 0;
      retired++;
    }
  }

  /** Returns where to go, or -1 for the next instruction. */
  private long execute(Instruction i) {
    long a = x[i.rs1()];
    long b = x[i.rs2()];
    long imm = i.immediate();
    String name = i.op().mnemonic();
    switch (name) {
      case "beq", "bne", "blt", "bge", "bltu", "bgeu" -> {
        return branches(name, a, b) ? pc + imm : -1;
      }
      case "jalr" -> {
        return a + imm;
      }
      case "sb" -> store(a + imm, 1, b);
      case "sh" -> store(a + imm, 2, b);
      case "sw" -> store(a + imm, 4, b);
      case "sd" -> store(a + imm, 8, b);
      case "lb" -> x[i.rd()] = (byte) load(a + imm, 1);
      case "lh" -> x[i.rd()] = (short) load(a + imm, 2);
      case "lw" -> x[i.rd()] = (int) load(a + imm, 4);
      case "ld" -> x[i.rd()] = load(a + imm, 8);
      case "lbu" -> x[i.rd()] = load(a + imm, 1);
      case "lhu" -> x[i.rd()] = load(a + imm, 2);
      case "lwu" -> x[i.rd()] = load(a + imm, 4);
      default -> {
        if (name.startsWith("amo") || name.startsWith("lr.") || name.startsWith("sc.")) {
          atomic(i, a, b);
        } else {
          x[i.rd()] = compute(name, a, b, imm);
        }
      }
    }
    return -1;
  }

  private static boolean branches(String name, long a, long b) {
    return switch (name) {
      case "beq" -> a == b;
      case "bne" -> a != b;
      case "blt" -> a < b;
      case "bge" -> !(a < b);
      case "bltu" -> unsigned(a).compareTo(unsigned(b)) < 0;
      default -> unsigned(a).compareTo(unsigned(b)) >= 0;
    };
  }

  private void atomic(Instruction i, long address, long operand) {
    String name = i.op().mnemonic();
    int size = name.endsWith(".w") ? 4 : 8;
    long raw = load(address, size);
    long old = size == 4 ? (int) raw : raw;
    long value = size == 4 ? (int) operand : operand;
    switch (name.substring(0, name.length() - 2)) {
      case "lr" -> {
        reserved = true;
        x[i.rd()] = old;
        return;
      }
      case "sc" -> {
        if (reserved) {
          store(address, size, operand);
        }
        x[i.rd()] = reserved ? 0 : 1;
        reserved = false;
        return;
      }
      default -> {}
    }
    BigInteger unsignedOld = size == 4 ? unsigned(old & 0xffffffffL) : unsigned(old);
    BigInteger unsignedNew = size == 4 ? unsigned(value & 0xffffffffL) : unsigned(value);
    long stored =
        switch (name.substring(3, name.length() - 2)) {
          case "swap" -> value;
          case "add" -> old + value;
          case "xor" -> old ^ value;
          case "and" -> old & value;
          case "or" -> old | value;
          case "min" -> old < value ? old : value;
          case "max" -> old > value ? old : value;
          case "minu" -> unsignedOld.compareTo(unsignedNew) < 0 ? old : value;
          default -> unsignedOld.compareTo(unsignedNew) > 0 ? old : value;
        };
    // Read the operand first: rd may be the operand's register.
    store(address, size, stored);
    x[i.rd()] = old;
  }

  private long compute(String name, long a, long b, long imm) {
    if (name.endsWith("w") && !name.equals("lw")) {
      return word(name, (int) a, (int) b, (int) imm);
    }
    return switch (name) {
      case "lui" -> imm;
      case "auipc" -> pc + imm;
      case "addi" -> a + imm;
      case "slti" -> a < imm ? 1 : 0;
      case "sltiu" -> unsigned(a).compareTo(unsigned(imm)) < 0 ? 1 : 0;
      case "xori" -> a ^ imm;
      case "ori" -> a | imm;
      case "andi" -> a & imm;
      case "slli" -> signed(unsigned(a).shiftLeft((int) imm));
      case "srli" -> signed(unsigned(a).shiftRight((int) imm));
      case "srai" -> BigInteger.valueOf(a).shiftRight((int) imm).longValue();
      case "add" -> a + b;
      case "sub" -> a - b;
      case "sll" -> signed(unsigned(a).shiftLeft((int) (b & 63)));
      case "slt" -> a < b ? 1 : 0;
      case "sltu" -> unsigned(a).compareTo(unsigned(b)) < 0 ? 1 : 0;
      case "xor" -> a ^ b;
      case "srl" -> signed(unsigned(a).shiftRight((int) (b & 63)));
      case "sra" -> BigInteger.valueOf(a).shiftRight((int) (b & 63)).longValue();
      case "or" -> a | b;
      case "and" -> a & b;
      case "mul" -> signed(unsigned(a).multiply(unsigned(b)));
      case "mulh" -> high(BigInteger.valueOf(a).multiply(BigInteger.valueOf(b)));
      case "mulhsu" -> high(BigInteger.valueOf(a).multiply(unsigned(b)));
      case "mulhu" -> high(unsigned(a).multiply(unsigned(b)));
      case "div" -> b == 0 ? -1 : signed(BigInteger.valueOf(a).divide(BigInteger.valueOf(b)));
      case "divu" -> b == 0 ? -1 : signed(unsigned(a).divide(unsigned(b)));
      case "rem" -> b == 0 ? a : signed(BigInteger.valueOf(a).remainder(BigInteger.valueOf(b)));
      case "remu" -> b == 0 ? a : signed(unsigned(a).remainder(unsigned(b)));
      default -> throw new IllegalStateException(name);
    };
  }

  private static long word(String name, int a, int b, int imm) {
    BigInteger ua = BigInteger.valueOf(a & 0xffffffffL);
    BigInteger ub = BigInteger.valueOf(b & 0xffffffffL);
    BigInteger result =
        switch (name) {
          case "addiw" -> BigInteger.valueOf((long) a + imm);
          case "slliw" -> ua.shiftLeft(imm);
          case "srliw" -> ua.shiftRight(imm);
          case "sraiw" -> BigInteger.valueOf(a).shiftRight(imm);
          case "addw" -> ua.add(ub);
          case "subw" -> ua.subtract(ub);
          case "sllw" -> ua.shiftLeft(b & 31);
          case "srlw" -> ua.shiftRight(b & 31);
          case "sraw" -> BigInteger.valueOf(a).shiftRight(b & 31);
          case "mulw" -> ua.multiply(ub);
          case "divw" -> BigInteger.valueOf(b == 0 ? -1L : (long) a / b);
          case "divuw" -> b == 0 ? BigInteger.ONE.negate() : ua.divide(ub);
          case "remw" -> BigInteger.valueOf(b == 0 ? a : (long) a % b);
          case "remuw" -> b == 0 ? ua : ua.remainder(ub);
          default -> throw new IllegalStateException(name);
        };
    return result.intValue();
  }

  private static BigInteger unsigned(long value) {
    return value < 0 ? BigInteger.valueOf(value).add(TWO_64) : BigInteger.valueOf(value);
  }

  private static long signed(BigInteger value) {
    return value.longValue();
  }

  private static long high(BigInteger product) {
    return product.shiftRight(64).longValue();
  }

  private long load(long address, int size) {
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = value << 8 | (bytes.getOrDefault(address + i, (byte) 0) & 0xff);
    }
    return value;
  }

  private void store(long address, int size, long value) {
    for (int i = 0; i < size; i++) {
      bytes.put(address + i, (byte) (value >>> (8 * i)));
    }
  }
}
