package ringside.ebpf.helper;

import ringside.kernel.mm.Memory;

/**
 * The hash of a packet's flow: addresses, ports and protocol.
 *
 * <p>Linux mixes a random key in, so its numbers mean nothing; here equal flows have equal hashes
 * in every run. Both directions of a flow have the same one.
 */
final class FlowHash {
  private static final int TCP = 6;
  private static final int UDP = 17;

  private FlowHash() {}

  /** The hash of what the network header at an address begins; 0 where that is no IP packet. */
  static int of(Memory memory, long network, int available, short protocol) {
    boolean v4 = protocol == Skb.ETH_P_IP;
    int header = v4 ? 20 : 40;
    if ((!v4 && protocol != Skb.ETH_P_IPV6) || available < header) {
      return 0;
    }
    int size = v4 ? 4 : 16;
    long source = network + (v4 ? 12 : 8);
    int transport = memory.readByte(network + (v4 ? 9 : 6)) & 0xff;
    int from = sum(memory, source, size);
    int to = sum(memory, source + size, size);
    int length = v4 ? (memory.readByte(network) & 0xf) * 4 : header;
    if ((transport == TCP || transport == UDP) && available >= length + 4) {
      from = mix(from, Short.toUnsignedInt(memory.readShort(network + length)));
      to = mix(to, Short.toUnsignedInt(memory.readShort(network + length + 2)));
    }
    int hash = mix(mix(Math.min(from, to), Math.max(from, to)), transport);
    return hash == 0 ? 1 : hash;
  }

  private static int sum(Memory memory, long at, int size) {
    int sum = size;
    for (int i = 0; i < size; i += Integer.BYTES) {
      sum = mix(sum, memory.readInt(at + i));
    }
    return sum;
  }

  private static int mix(int a, int b) {
    int mixed = (Integer.rotateLeft(a, 5) ^ b) * 0x9e3779b1;
    return mixed ^ mixed >>> 15;
  }
}
