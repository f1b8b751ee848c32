package dev.lockstep.driver.folder;

import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;

/** A process that takes folders: says on stdout for each of them whether it got it, and stays. */
final class LockProgram {
  private LockProgram() {}

  /** Starts it; stdout is to be read by the caller, who also ends it. */
  static Process start(String... folders) throws IOException {
    return JavaProgram.of(LockProgram.class, folders).start();
  }

  /** Takes the folders one after the other, each when a line comes from stdin. */
  public static void main(String[] folders) throws Exception {
    List<RunLock> locks = new ArrayList<>();
    Configuration hadoop = new Configuration();
    RunFolder.at(folders[0], hadoop).isInUse();
    System.out.println("ready");
    for (String folder : folders) {
      if (System.in.read() < 0) {
        return;
      }
      try {
        RunFolder run = RunFolder.at(folder, hadoop);
        locks.add(RunLock.acquire(run, LockOwner.here("app", null), LockTimes.DEFAULT, note -> {}));
        System.out.println("got it");
      } catch (LockstepException refused) {
        System.out.println(refused.getMessage());
      }
    }
    TimeUnit.MINUTES.sleep(1);
    locks.forEach(RunLock::close);
  }
}
