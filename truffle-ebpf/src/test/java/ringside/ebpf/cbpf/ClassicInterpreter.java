package ringside.ebpf.cbpf;

import java.util.List;

/**
 * Runs filters directly: a reading of bpf(4) and of {@code Documentation/networking/filter.rst}
 * that shares nothing with the translation.
 *
 * <p>Throws where a filter does what is not defined; the check must have refused that.
 */
final class ClassicInterpreter {
  private final List<SockFilter> filter;
  private final Packet packet;
  private final int[] scratch = new int[16];
  private final boolean[] stored = new boolean[16];
  private int a;
  private int x;

  private ClassicInterpreter(List<SockFilter> filter, Packet packet) {
    this.filter = filter;
    this.packet = packet;
  }

  /** A load outside the packet: the filter ends with 0. */
  @SuppressWarnings("serial") // never serialised; the marker is inherited
  private static final class Outside extends RuntimeException {}

  static int run(List<SockFilter> filter, Packet packet) {
    try {
      return new ClassicInterpreter(filter, packet).run();
    } catch (Outside e) {
      return 0;
    }
  }

  private int run() {
    int pc = 0;
    while (true) {
      SockFilter insn = filter.get(pc);
      pc++;
      switch (insn.code()) {
        case 0x06 -> {
          return insn.k();
        }
        case 0x16 -> {
          return a;
        }
        case 0x00 -> a = insn.k();
        case 0x01 -> x = insn.k();
        case 0x60 -> a = recall(insn.k());
        case 0x61 -> x = recall(insn.k());
        case 0x02 -> remember(insn.k(), a);
        case 0x03 -> remember(insn.k(), x);
        case 0x80 -> a = packet.length();
        case 0x81 -> x = packet.length();
        case 0x20, 0x28, 0x30 -> {
          if (insn.k() < 0 && insn.k() >= -4096) {
            if (!ancillary(insn.k() + 4096)) {
              return a;
            }
          } else {
            a = load(insn.k(), width(insn.code()));
          }
        }
        case 0x40, 0x48, 0x50 -> a = load(x + insn.k(), width(insn.code()));
        case 0xb1 -> x = (load(insn.k(), 1) & 0xf) * 4;
        case 0x07 -> x = a;
        case 0x87 -> a = x;
        case 0x84 -> a = -a;
        case 0x05 -> pc += insn.k();
        default -> {
          int operand = (insn.code() & 8) != 0 ? x : insn.k();
          if ((insn.code() & 7) == 4) {
            if (operand == 0 && ((insn.code() & 0xf0) == 0x30 || (insn.code() & 0xf0) == 0x90)) {
              return 0;
            }
            a = compute(insn.code() & 0xf0, operand);
          } else if ((insn.code() & 7) == 5) {
            pc += holds(insn.code() & 0xf0, operand) ? insn.jt() : insn.jf();
          } else {
            throw new IllegalStateException("opcode " + insn.code());
          }
        }
      }
    }
  }

  private int recall(int word) {
    if (!stored[word]) {
      throw new IllegalStateException("M[" + word + "] was never stored");
    }
    return scratch[word];
  }

  private void remember(int word, int value) {
    stored[word] = true;
    scratch[word] = value;
  }

  private static int width(int code) {
    return switch (code & 0x18) {
      case 0x00 -> 4;
      case 0x08 -> 2;
      default -> 1;
    };
  }

  private int compute(int operation, int operand) {
    return switch (operation) {
      case 0x00 -> a + operand;
      case 0x10 -> a - operand;
      case 0x20 -> a * operand;
      case 0x30 -> Integer.divideUnsigned(a, operand);
      case 0x40 -> a | operand;
      case 0x50 -> a & operand;
      case 0x60 -> a << (operand & 31);
      case 0x70 -> a >>> (operand & 31);
      case 0x90 -> Integer.remainderUnsigned(a, operand);
      case 0xa0 -> a ^ operand;
      default -> throw new IllegalStateException("operation " + operation);
    };
  }

  private boolean holds(int condition, int operand) {
    return switch (condition) {
      case 0x10 -> a == operand;
      case 0x20 -> Integer.compareUnsigned(a, operand) > 0;
      case 0x30 -> Integer.compareUnsigned(a, operand) >= 0;
      case 0x40 -> (a & operand) != 0;
      default -> throw new IllegalStateException("condition " + condition);
    };
  }

  private int load(int offset, int bytes) {
    long at;
    if (offset >= 0) {
      at = (long) packet.data() + offset;
    } else if (offset >= -0x100000) {
      at = (long) packet.network() + (offset + 0x100000);
    } else if (offset >= -0x200000 && packet.mac() >= 0) {
      at = (long) packet.mac() + (offset + 0x200000);
    } else {
      throw new Outside();
    }
    if (at + bytes > packet.buffer().length) {
      throw new Outside();
    }
    return bigEndian((int) at, bytes);
  }

  private int bigEndian(int at, int bytes) {
    int value = 0;
    for (int i = 0; i < bytes; i++) {
      value = (value << 8) | (packet.buffer()[at + i] & 0xff);
    }
    return value;
  }

  /** False where the filter ends at once, with A as it is. */
  private boolean ancillary(int number) {
    switch (number) {
      case 0 -> a = packet.protocol();
      case 4 -> a = packet.type();
      case 8, 28 -> {
        if (packet.ifindex() == 0) {
          return false;
        }
        a = number == 8 ? packet.ifindex() : packet.hatype();
      }
      case 12 -> a = attribute(a, packet.length(), x);
      case 16 -> a = nested();
      case 20 -> a = packet.mark();
      case 24 -> a = packet.queue();
      case 32 -> a = packet.hash();
      case 36 -> a = 0;
      case 40 -> a ^= x;
      case 44 -> a = packet.vlanTag();
      case 48 -> a = packet.vlanTag() != 0 || packet.vlanProtocol() != 0 ? 1 : 0;
      case 60 -> a = packet.vlanProtocol();
      default -> throw new IllegalStateException("ancillary load " + number);
    }
    return true;
  }

  private int attribute(int from, int end, int type) {
    long at = Integer.toUnsignedLong(from);
    while (at + 4 <= end) {
      int length = little16((int) at);
      if (length < 4 || at + length > end) {
        return 0;
      }
      if ((little16((int) at + 2) & 0x3fff) == type) {
        return (int) at;
      }
      at += (length + 3) & ~3;
    }
    return 0;
  }

  private int nested() {
    long at = Integer.toUnsignedLong(a);
    if (at + 4 > packet.length()) {
      return 0;
    }
    int length = little16((int) at);
    return length < 4 || at + length > packet.length() ? 0 : attribute(a + 4, a + length, x);
  }

  private int little16(int offset) {
    byte[] bytes = packet.buffer();
    int at = packet.data() + offset;
    return (bytes[at] & 0xff) | ((bytes[at + 1] & 0xff) << 8);
  }
}
