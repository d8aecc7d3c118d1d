/**
 * The network: devices, packets, and the way a frame takes from the driver to its delivery.
 *
 * <p>Devices and packets live in simulated memory as {@code struct net_device}, {@code xdp_buff}
 * and {@code sk_buff}; the XDP hook and netfilter stand where Linux has them.
 */
@NullMarked
package ringside.kernel.net;

import org.jspecify.annotations.NullMarked;
