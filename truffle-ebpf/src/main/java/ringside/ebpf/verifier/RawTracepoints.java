package ringside.ebpf.verifier;

import java.util.HashMap;
import java.util.Map;

/** Tracepoints that pass null, or an error as a pointer, though their prototypes do not say so. */
final class RawTracepoints {
  /** A mask, four bits an argument: 1 may be null, 2 may be an error; then names it is for. */
  private static final String TABLE =
      """
      10 sched_pi_setprio afs_make_fs_call afs_make_fs_calli afs_make_fs_call1
      10 afs_make_fs_call2 afs_flock_ev ext4_mballoc_discard ext4_mballoc_free
      10 posix_lock_inode fcntl_setlk locks_remove_posix flock_lock_inode
      10 break_lease_noblock break_lease_block break_lease_unblock generic_delete_lease
      10 time_out_leases mm_khugepaged_scan_pmd mm_khugepaged_scan_file mm_khugepaged_collapse_file
      10 netfs_failure device_pm_callback_start rxrpc_resend xprt_reserve_cong
      10 xprt_release_cong xprt_get_cong xprt_put_cong writeback_dirty_folio
      10 folio_wait_writeback
      1 sched_process_wait afs_protocol_error cachefiles_lookup cachefiles_unlink
      1 cachefiles_rename cachefiles_prep_read cachefiles_mark_active cachefiles_mark_failed
      1 cachefiles_mark_inactive cachefiles_vfs_error cachefiles_io_error cachefiles_ondemand_open
      1 cachefiles_ondemand_copen cachefiles_ondemand_close cachefiles_ondemand_read cachefiles_ondemand_cread
      1 cachefiles_ondemand_fd_write cachefiles_ondemand_fd_release mm_collapse_huge_page_isolate mm_page_alloc
      1 mm_page_pcpu_drain mm_page_alloc_zone_locked rxrpc_recvdata xs_stream_read_data
      1 tmigr_update_events
      100 sched_stick_numa sched_swap_numa fib_table_lookup tegra_dma_tx_status
      10000 host1x_cdma_push_gather
      1000 qdisc_dequeue kfree_skb
      20 signal_generate signal_deliver
      11 tcp_send_reset
      2000 mr_integ_alloc
      """;

  private static final Map<String, Integer> MASKS = parse();

  private RawTracepoints() {}

  private static Map<String, Integer> parse() {
    Map<String, Integer> masks = new HashMap<>();
    TABLE
        .lines()
        .forEach(line -> {
          String[] words = line.split(" ", -1);
          for (int i = 1; i < words.length; i++) {
            masks.put(words[i], Integer.parseInt(words[0], 16));
          }
        });
    return Map.copyOf(masks);
  }

  /** The bits of one argument. */
  static int mask(String tracepoint, int argument) {
    return MASKS.getOrDefault(tracepoint, 0) >>> (4 * argument) & 0xf;
  }
}
