/**
 * Packet captures: readers of classic pcap and pcapng, and a writer of classic pcap.
 *
 * <p>Knows files and frames, not the kernel that receives them. A capture is read whole or refused
 * with a {@link ringside.format.pcap.PcapException} that says what, where and what to do.
 */
@NullMarked
package ringside.format.pcap;

import org.jspecify.annotations.NullMarked;
