package ringside.ebpf.vm;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import ringside.ebpf.isa.Insn;

/**
 * RFC 9669 written down a second time, slowly: decodes opcodes by their bits and computes with big
 * integers.
 */
final class Reference {
  private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

  private final long[] r = new long[11];
  private final ByteBuffer stack = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);

  private Reference() {}

  static long run(List<Insn> program) {
    return new Reference().execute(program);
  }

  private long execute(List<Insn> program) {
    int pc = 0;
    while (true) {
      Insn insn = program.get(pc++);
      switch (insn.code() & 7) {
        case 0 -> r[insn.dst()] = insn.wideImm(program.get(pc++));
        case 1 -> load(insn);
        case 2 -> store(insn.code(), place(insn.dst(), insn.off()), insn.imm());
        case 3 -> storeOrAtomic(insn);
        case 4 -> arithmetic(insn, 32);
        case 7 -> arithmetic(insn, 64);
        default -> {
          if (insn.code() == 0x95) {
            return r[0];
          }
          boolean taken = (insn.code() & 0xf0) == 0 || compare(insn);
          pc += taken ? (insn.code() == 0x06 ? insn.imm() : insn.off()) : 0;
        }
      }
    }
  }

  private int place(int register, int off) {
    if (register != 10) {
      throw new IllegalStateException("access through r" + register);
    }
    return stack.capacity() + off;
  }

  private long read(int size, int at) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (stack.get(at + i) & 0xffL) << (8 * i);
    }
    return value;
  }

  private void write(int size, int at, long value) {
    for (int i = 0; i < size; i++) {
      stack.put(at + i, (byte) (value >>> (8 * i)));
    }
  }

  private static int size(int code) {
    return switch (code & 0x18) {
      case 0x00 -> 4;
      case 0x08 -> 2;
      case 0x10 -> 1;
      default -> 8;
    };
  }

  private void load(Insn insn) {
    int size = size(insn.code());
    long value = read(size, place(insn.src(), insn.off()));
    boolean signed = (insn.code() & 0xe0) == 0x80;
    r[insn.dst()] = signed ? value << (64 - 8 * size) >> (64 - 8 * size) : value;
  }

  private void store(int code, int at, long value) {
    write(size(code), at, value);
  }

  private void storeOrAtomic(Insn insn) {
    int size = size(insn.code());
    if ((insn.code() & 0xe0) == 0x60) {
      store(insn.code(), place(insn.dst(), insn.off()), r[insn.src()]);
      return;
    }
    if (insn.imm() == 0x100) {
      r[insn.dst()] = read(size, place(insn.src(), insn.off()));
      return;
    }
    int at = place(insn.dst(), insn.off());
    long operand = r[insn.src()];
    if (insn.imm() == 0x110) {
      write(size, at, operand);
      return;
    }
    long old = read(size, at);
    long mask = size == 8 ? -1 : 0xffffffffL;
    switch (insn.imm() & 0xf0) {
      case 0x00 -> write(size, at, old + operand);
      case 0x40 -> write(size, at, old | operand);
      case 0x50 -> write(size, at, old & operand);
      case 0xa0 -> write(size, at, old ^ operand);
      case 0xe0 -> write(size, at, operand);
      default -> {
        if (old == (r[0] & mask)) {
          write(size, at, operand);
        }
        r[0] = old;
      }
    }
    if ((insn.imm() & 1) != 0 && (insn.imm() & 0xf0) != 0xf0) {
      r[insn.src()] = old;
    }
  }

  private static BigInteger unsigned(long value, int bits) {
    return BigInteger.valueOf(value).mod(BigInteger.ONE.shiftLeft(bits));
  }

  private static BigInteger signed(long value, int bits) {
    BigInteger u = unsigned(value, bits);
    return u.testBit(bits - 1) ? u.subtract(BigInteger.ONE.shiftLeft(bits)) : u;
  }

  private void arithmetic(Insn insn, int bits) {
    int op = insn.code() & 0xf0;
    boolean fromRegister = (insn.code() & 8) != 0;
    long a = r[insn.dst()];
    long b = fromRegister ? r[insn.src()] : insn.imm();
    if (op == 0xd0) {
      r[insn.dst()] = byteOrder(insn, a);
      return;
    }
    boolean asSigned = insn.off() == 1 && (op == 0x30 || op == 0x90);
    BigInteger x = asSigned ? signed(a, bits) : unsigned(a, bits);
    BigInteger y = asSigned ? signed(b, bits) : unsigned(b, bits);
    int shift = (int) (b & (bits - 1));
    BigInteger result =
        switch (op) {
          case 0x00 -> x.add(y);
          case 0x10 -> x.subtract(y);
          case 0x20 -> x.multiply(y);
          case 0x30 -> y.signum() == 0 ? BigInteger.ZERO : x.divide(y);
          case 0x40 -> x.or(y);
          case 0x50 -> x.and(y);
          case 0x60 -> x.shiftLeft(shift);
          case 0x70 -> x.shiftRight(shift);
          case 0x80 -> x.negate();
          case 0x90 -> y.signum() == 0 ? x : x.remainder(y);
          case 0xa0 -> x.xor(y);
          case 0xb0 -> insn.off() == 0 ? y : signed(b, insn.off());
          default -> signed(a, bits).shiftRight(shift);
        };
    r[insn.dst()] = result.mod(BigInteger.ONE.shiftLeft(bits)).mod(TWO_64).longValue();
  }

  private static long byteOrder(Insn insn, long value) {
    int bytes = insn.imm() / 8;
    boolean swap = (insn.code() & 7) == 7 || (insn.code() & 8) != 0;
    long result = 0;
    for (int i = 0; i < bytes; i++) {
      long octet = value >>> (8 * i) & 0xff;
      result |= octet << (8 * (swap ? bytes - 1 - i : i));
    }
    return result;
  }

  private boolean compare(Insn insn) {
    int bits = (insn.code() & 7) == 6 ? 32 : 64;
    long b = (insn.code() & 8) != 0 ? r[insn.src()] : insn.imm();
    int unsigned = unsigned(r[insn.dst()], bits).compareTo(unsigned(b, bits));
    int signed = signed(r[insn.dst()], bits).compareTo(signed(b, bits));
    return switch (insn.code() & 0xf0) {
      case 0x10 -> unsigned == 0;
      case 0x20 -> unsigned > 0;
      case 0x30 -> unsigned >= 0;
      case 0x40 -> unsigned(r[insn.dst()] & b, bits).signum() != 0;
      case 0x50 -> unsigned != 0;
      case 0x60 -> signed > 0;
      case 0x70 -> signed >= 0;
      case 0xa0 -> unsigned < 0;
      case 0xb0 -> unsigned <= 0;
      case 0xc0 -> signed < 0;
      default -> signed <= 0;
    };
  }
}
