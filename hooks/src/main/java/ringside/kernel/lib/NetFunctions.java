package ringside.kernel.lib;

import static ringside.kernel.text.KernelFunction.Export.ALL;

import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.KernelFunction;

/** Helpers of {@code net/core/} that read packets and addresses. */
public final class NetFunctions {
  private static final int EFAULT = 14;

  private final Memory memory;
  private final StructLayout skb;

  NetFunctions(KernelCore core) {
    this.memory = core.guestMemory();
    this.skb = core.layouts().of("sk_buff");
  }

  /** Copies bytes out of a packet, counted from {@code skb->data}; packets here are linear. */
  @KernelFunction(export = ALL)
  public int skb_copy_bits(long packet, int offset, long to, int length) {
    int available = memory.readInt(packet + skb.offset("len")) - length;
    if (offset < 0 || length < 0 || offset > available) {
      return -EFAULT;
    }
    long data = memory.readLong(packet + skb.offset("data"));
    for (int i = 0; i < length; i++) {
      memory.writeByte(to + i, memory.readByte(data + offset + i));
    }
    return 0;
  }

  /** Parses a dotted IPv4 address, into network byte order. */
  @KernelFunction(export = ALL)
  public int in_aton(long text) {
    int value = 0;
    long at = text;
    for (int i = 0; i < 4; i++) {
      int part = 0;
      byte c = memory.readByte(at);
      while (c >= '0' && c <= '9') {
        part = part * 10 + (c - '0');
        c = memory.readByte(++at);
      }
      value |= (part & 0xff) << (8 * i);
      if (c == '.') {
        at++;
      }
    }
    return value;
  }
}
