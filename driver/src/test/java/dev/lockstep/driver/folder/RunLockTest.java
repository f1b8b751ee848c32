package dev.lockstep.driver.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One writer a folder, whatever the others do and however they end. */
final class RunLockTest {
  private static final LockTimes FAST =
      new LockTimes(Duration.ofMillis(50), Duration.ofMillis(400), Duration.ofMillis(10));

  @TempDir private Path place;
  private final List<String> notes = new ArrayList<>();

  private RunFolder folder() {
    return RunFolder.at(place.resolve("runs/one").toString(), new Configuration());
  }

  private Path path() {
    return place.resolve("runs/one");
  }

  private RunLock acquire() {
    return acquire(LockOwner.here("app-2", null));
  }

  private RunLock acquire(LockOwner owner) {
    return RunLock.acquire(folder(), owner, FAST, notes::add);
  }

  private LockstepException refusal() {
    return catchThrowableOfType(LockstepException.class, this::acquire);
  }

  /** As another machine would have written it. */
  private static LockOwner elsewhere() {
    LockOwner here = LockOwner.here("app-1", null);
    return new LockOwner(
        here.id(),
        new ProcessIdentity("node-7", "another-boot", "pid:[1]", 4711, "99"),
        "alice",
        "app-1",
        null,
        "2026-11-25T02:00:00Z",
        List.of());
  }

  private static String file(LockOwner owner) {
    return ".lock-" + owner.id();
  }

  private void leave(LockOwner owner) throws IOException {
    leave(owner, owner.toJson());
  }

  private void leave(LockOwner owner, byte[] content) throws IOException {
    Files.createDirectories(path());
    Files.write(path().resolve(file(owner)), content);
  }

  private List<String> claims() throws IOException {
    return names().stream().filter(name -> !name.endsWith(".beat")).toList();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(path())) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theFolderIsThereWhileItIsHeldAndGoneWhenNothingWasWritten() throws IOException {
    LockOwner owner = LockOwner.here("app", null);
    try (RunLock lock = acquire(owner)) {
      assertThat(names()).containsExactly(file(owner), file(owner) + ".beat");
      lock.confirmHeld();
      folder().requireFresh();
      assertThat(folder().isInUse()).isFalse();
    }
    assertThat(place).isEmptyDirectory();
  }

  @Test
  void whatWasWrittenStaysAndTheLockGoes() throws IOException {
    try (RunLock lock = acquire()) {
      folder().writeText("config.yaml", "name: x");
      lock.requireHeld();
    }
    assertThat(names()).containsExactly("config.yaml");
    acquire().close();
    assertThat(names()).containsExactly("config.yaml");
  }

  @Test
  void aFolderThatWasThereBeforeStays() throws IOException {
    Files.createDirectories(path());
    acquire().close();
    assertThat(path()).isEmptyDirectory();
  }

  @Test
  void theSecondIsToldWhoWasFirst() {
    try (RunLock lock = acquire(LockOwner.here("app-1", null))) {
      LockstepException refused = refusal();
      assertThat(refused.kind()).isEqualTo(ErrorKind.USAGE);
      assertThat(refused)
          .hasMessageStartingWith("--output: " + path() + " is being written to by another run: ")
          .hasMessageContaining("process " + ProcessHandle.current().pid() + " on ")
          .hasMessageContaining("user " + System.getProperty("user.name"))
          .hasMessageContaining("Spark application app-1")
          .hasMessageMatching("(?s).*since 20..-..-..T..:..:..Z\\)\\. Wait for its end.*");
      assertThat(notes).isEmpty();
      lock.confirmHeld();
    }
  }

  @Test
  void aProcessOfThisMachineThatRunsNoMoreIsTakenOverAtOnce() throws Exception {
    Process dead = LockProgram.start(path().toString());
    try {
      dead.getOutputStream().write('\n');
      dead.getOutputStream().flush();
      assertThat(dead.inputReader().readLine()).isEqualTo("ready");
      assertThat(dead.inputReader().readLine()).isEqualTo("got it");
      assertThat(refusal())
          .hasMessageContaining("process " + dead.pid() + " on ")
          .hasMessageContaining("application app,");
    } finally {
      dead.destroyForcibly();
    }
    assertThat(dead.waitFor(60, TimeUnit.SECONDS)).isTrue();

    try (RunLock lock =
        RunLock.acquire(folder(), LockOwner.here(null, null), LockTimes.DEFAULT, notes::add)) {
      lock.confirmHeld();
      assertThat(claims()).hasSize(1);
    }
    // Nobody was waited for, or that would have been told first.
    assertThat(notes).singleElement().asString().contains("over from process " + dead.pid());
  }

  @Test
  void anotherProcessOfTheSameNumberIsNotTheHolder() throws IOException {
    LockOwner here = LockOwner.here("app-1", null);
    ProcessIdentity process = here.process();
    ProcessIdentity before =
        new ProcessIdentity(
            process.host(), process.bootId(), process.pidNamespace(), process.pid(), "1");
    LockOwner dead = new LockOwner(here.id(), before, "bob", null, null, here.started(), List.of());
    leave(dead);
    try (RunLock lock = acquire()) {
      lock.confirmHeld();
      assertThat(claims()).hasSize(1).doesNotContain(file(dead));
    }
  }

  @Test
  void anotherContainersProcessesAreOutOfSight() {
    ProcessIdentity here = ProcessIdentity.current();
    ProcessIdentity container =
        new ProcessIdentity(here.host(), here.bootId(), "pid:[1]", here.pid(), here.start());
    assertThat(here.seenFrom(here, false)).isEqualTo(ProcessIdentity.Verdict.ALIVE);
    assertThat(container.seenFrom(here, true)).isEqualTo(ProcessIdentity.Verdict.UNKNOWN);
  }

  /** One line of {@code stat}: a process that was started at 34567. */
  private static void writeStat(Path proc, long pid) throws IOException {
    Files.createDirectories(proc.resolve(Long.toString(pid)));
    Files.writeString(
        proc.resolve(pid + "/stat"),
        pid + " (java) S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 30 0 34567 99 1");
  }

  @Test
  void whoMayNotSeeTheProcessesOfOthersTakesNoneOfThemForDead() throws IOException {
    ProcessIdentity here = new ProcessIdentity("node", "boot", "pid:[1]", 7, "99");
    ProcessIdentity holder = new ProcessIdentity("node", "boot", "pid:[1]", 4711, "34567");
    Path proc = place.resolve("proc");
    // With hidepid=2: not even the first process is there.
    writeStat(proc, here.pid());
    assertThat(holder.seenFrom(here, false, proc)).isEqualTo(ProcessIdentity.Verdict.UNKNOWN);
    assertThat(holder.seenFrom(here, true, proc)).isEqualTo(ProcessIdentity.Verdict.DEAD);
    // With hidepid=1: there is a process of this number, of which nothing can be read.
    Path unreadable = proc.resolve("4711/stat");
    Files.createDirectories(unreadable);
    writeStat(proc, 1);
    assertThat(holder.seenFrom(here, false, proc)).isEqualTo(ProcessIdentity.Verdict.UNKNOWN);
    assertThat(holder.seenFrom(here, true, proc)).isEqualTo(ProcessIdentity.Verdict.UNKNOWN);
    Files.delete(unreadable);
    assertThat(holder.seenFrom(here, false, proc)).isEqualTo(ProcessIdentity.Verdict.DEAD);
    writeStat(proc, holder.pid());
    assertThat(holder.seenFrom(here, false, proc)).isEqualTo(ProcessIdentity.Verdict.ALIVE);
  }

  @Test
  void usersWithoutNamesMayBeDifferentOnes() {
    LockOwner one = elsewhere();
    assertThat(one.isOfTheUserOf(one)).isTrue();
    LockOwner nameless =
        new LockOwner(one.id(), one.process(), "?", "app-1", null, one.started(), List.of());
    assertThat(nameless.isOfTheUserOf(nameless)).isFalse();
    assertThat(nameless.isOfTheUserOf(one)).isFalse();
  }

  @Test
  void aProcessThatEndedAndWasNotAskedAboutRunsNoMore() {
    String rest = " 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 30 0 34567 99 1";
    assertThat(ProcessIdentity.startTicks("42 (a) b) S" + rest)).contains("34567");
    assertThat(ProcessIdentity.startTicks("42 (java) Z" + rest)).isEmpty();
    assertThat(ProcessIdentity.startTicks("42 (java)")).isEmpty();
  }

  @Test
  void anEarlierAttemptOfTheSameApplicationIsTakenOverAtOnce() throws IOException {
    LockOwner other = elsewhere();
    leave(new LockOwner(other.id(), other.process(), "a", "app-9", 1, other.started(), List.of()));
    LockTimes slow =
        new LockTimes(Duration.ofSeconds(5), Duration.ofHours(1), Duration.ofMillis(10));
    try (RunLock lock = RunLock.acquire(folder(), LockOwner.here("app-9", 2), slow, notes::add)) {
      lock.confirmHeld();
    }
    assertThat(notes).singleElement().asString().contains("an earlier attempt");
  }

  @Test
  void aHolderOutOfSightThatGivesNoSignIsTakenOverAfterAWhile() throws IOException {
    LockOwner other = elsewhere();
    leave(other);
    Files.writeString(path().resolve(file(other) + ".beat"), "17");
    long start = System.nanoTime();
    try (RunLock lock = acquire()) {
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(FAST.stale());
      lock.confirmHeld();
      assertThat(names()).hasSize(2).doesNotContain(file(other));
    }
    assertThat(notes).hasSize(2);
    assertThat(notes.get(0))
        .contains("process 4711 on node-7 (user alice, Spark application app-1")
        .contains("waiting up to 0.4 s for a sign of life");
    assertThat(notes.get(1)).contains("gave no sign of life for 0.4 s");
  }

  @Test
  void aHolderOutOfSightThatGivesASignIsLeftAlone() throws Exception {
    LockOwner other = elsewhere();
    leave(other);
    Thread alive = new Thread(() -> beatEvery(other, Duration.ofMillis(30)));
    alive.start();
    try {
      LockTimes patient =
          new LockTimes(Duration.ofSeconds(5), Duration.ofMinutes(1), Duration.ofMillis(10));
      assertThatThrownBy(
              () -> RunLock.acquire(folder(), LockOwner.here(null, null), patient, notes::add))
          .hasMessageContaining("process 4711 on node-7");
      assertThat(claims()).containsExactly(file(other));
    } finally {
      alive.interrupt();
      alive.join();
    }
  }

  @Test
  void whoWaitsForATurnIsToldOnceAndEndsWithThePatience() throws Exception {
    LockOwner other = elsewhere();
    leave(other);
    Thread alive = new Thread(() -> beatEvery(other, Duration.ofMillis(10)));
    alive.start();
    try {
      LockTimes patient =
          new LockTimes(Duration.ofSeconds(5), Duration.ofMinutes(1), Duration.ofMillis(10));
      LockstepException ended =
          catchThrowableOfType(
              LockstepException.class,
              () ->
                  RunLock.acquireInTurn(
                      folder(),
                      LockOwner.here(null, null),
                      patient,
                      Duration.ofMillis(300),
                      notes::add));
      assertThat(ended.kind()).isEqualTo(ErrorKind.RESOURCE);
      assertThat(ended)
          .hasMessageStartingWith("Others have been writing to " + path())
          .hasMessageNotContaining("--output");
      assertThat(notes)
          .doesNotHaveDuplicates()
          .anyMatch(
              note ->
                  note.startsWith(
                      "Waiting for another writer of "
                          + path()
                          + ": process 4711 on node-7 (user alice, "));
    } finally {
      alive.interrupt();
      alive.join();
    }
  }

  @Test
  void theLongerTheWaitForATurnTheRarerTheLooks() {
    assertThat(LockTimes.DEFAULT.turn(Duration.ZERO)).isEqualTo(Duration.ofMillis(100));
    assertThat(LockTimes.DEFAULT.turn(Duration.ofSeconds(20))).isEqualTo(Duration.ofSeconds(2));
    assertThat(LockTimes.DEFAULT.turn(Duration.ofHours(3))).isEqualTo(Duration.ofSeconds(5));
  }

  private void beatEvery(LockOwner other, Duration interval) {
    try {
      for (int beat = 0; ; beat++) {
        Files.writeString(path().resolve(file(other) + ".beat"), "" + beat);
        Thread.sleep(interval.toMillis());
      }
    } catch (InterruptedException | IOException ended) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aHolderGivesSigns() throws Exception {
    LockOwner owner = LockOwner.here("app", null);
    try (RunLock lock = acquire(owner)) {
      LockFiles files = new LockFiles(folder());
      byte[] first = {};
      int changes = 0;
      for (int i = 0; i < 2000 && changes < 3; i++) {
        Thread.sleep(10);
        byte[] next = files.lastBeat(owner.id()).orElse(first);
        changes += Arrays.equals(first, next) ? 0 : 1;
        first = next;
      }
      assertThat(changes).isEqualTo(3);
      lock.requireHeld();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "[]",
        "{\"id\": \"../../x\", \"host\": \"h\"}",
        "{\"id\":\"1-1-1-1-1\",\"host\":\"\\u001b[2J\",\"pid\":1,\"processStart\":\"1\",\"user\":\"u\",\"started\":\"s\"}"
      })
  void aDamagedLockCountsNoMoreAfterAWhile(String content) throws IOException {
    leave(elsewhere(), content.getBytes(StandardCharsets.UTF_8));
    try (RunLock lock = acquire()) {
      lock.confirmHeld();
    }
    assertThat(notes.get(0)).contains("held by a run whose lock cannot be read");
    assertThat(names()).isEmpty();
  }

  @Test
  void aLockOfAnotherNameThanItSaysIsDamaged() throws IOException {
    leave(elsewhere(), LockOwner.here("app-1", null).toJson());
    acquire().close();
    assertThat(notes.get(0)).contains("held by a run whose lock cannot be read");
  }

  @Test
  void aLockThatNeverEndsIsReadToItsFirstKilobytesOnly() throws IOException {
    LockOwner other = elsewhere();
    leave(other, new byte[9_000_000]);
    byte[] start = new LockFiles(folder()).claim(other.id()).orElseThrow();
    assertThat(start).hasSizeLessThan(10_000);
    assertThat(LockOwner.read(start)).isEmpty();
  }

  @Test
  void whatIsWrittenIsReadBack() {
    LockOwner other = elsewhere();
    assertThat(LockOwner.read(other.toJson())).contains(other);
    LockOwner attempt = LockOwner.here("app", 3).takingOver(List.of(other.id()));
    assertThat(LockOwner.read(attempt.toJson())).contains(attempt);
  }

  @Test
  void aPausedHolderThatWakesFindsOutAndLeavesTheNewOneAlone() throws Exception {
    LockTimes asleep =
        new LockTimes(Duration.ofHours(1), Duration.ofMillis(100), Duration.ofMillis(10));
    LockOwner old = LockOwner.here("old", null);
    RunLock paused = RunLock.acquire(folder(), old, asleep, notes::add);
    // To the others it seems to be on another machine.
    Path file = path().resolve(file(old));
    String host = ProcessIdentity.current().host();
    Files.writeString(
        file, Files.readString(file).replace("\"" + host + "\"", "\"" + host + "-2\""));
    try (RunLock lock = acquire()) {
      assertThatThrownBy(paused::confirmHeld)
          .isInstanceOf(LockstepException.class)
          .hasMessageContaining("was taken over by process " + ProcessHandle.current().pid())
          .hasMessageContaining("application app-2")
          .extracting(failure -> ((LockstepException) failure).kind())
          .isEqualTo(ErrorKind.RESOURCE);
      assertThatThrownBy(paused::requireHeld).hasMessageContaining("was taken over by");
      paused.close();
      lock.confirmHeld();
    }
  }

  @Test
  void aHolderThatWasNotAskedForLongLooksByItself() throws Exception {
    LockTimes asleep =
        new LockTimes(Duration.ofHours(1), Duration.ofMillis(100), Duration.ofMillis(10));
    LockOwner old = LockOwner.here("old", null);
    LockOwner next = elsewhere().takingOver(List.of(old.id()));
    try (RunLock lock = RunLock.acquire(folder(), old, asleep, notes::add)) {
      leave(next);
      Thread.sleep(150);
      assertThatThrownBy(lock::requireHeld)
          .hasMessageContaining("was taken over by process 4711 on node-7")
          .hasMessageContaining("to which this run seemed dead");
    }
    assertThat(claims()).containsExactly(file(next));
  }

  @Test
  void whoOnlyClaimsBesideAHolderTakesNothingFromIt() throws Exception {
    try (RunLock lock = acquire()) {
      leave(elsewhere());
      lock.confirmHeld();
    }
  }

  @Test
  void aVanishedFolderIsNoticedAndDoesNotComeBack() throws Exception {
    RunLock lock = acquire();
    // At once, with all in it: file by file a sign of life might come in between.
    Files.move(path(), place.resolve("moved"));
    assertThatThrownBy(() -> requireHeldUntil(lock, Duration.ofSeconds(30)))
        .hasMessageContaining("has vanished while this run");
    lock.close();
    assertThat(path()).doesNotExist();
  }

  /** Long enough for the thread that gives signs to find out. */
  private static void requireHeldUntil(RunLock lock, Duration end) throws InterruptedException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < end.toNanos()) {
      lock.requireHeld();
      Thread.sleep(10);
    }
  }

  @Test
  void aRemovedLockIsNoticed() throws Exception {
    try (RunLock lock = acquire()) {
      Files.delete(path().resolve(claims().get(0)));
      assertThatThrownBy(lock::confirmHeld).hasMessageContaining("was removed while this run");
      acquire().close();
    }
  }

  @Test
  void aFileInTheFoldersPlaceIsRefused() throws IOException {
    Files.createDirectories(path().getParent());
    Files.writeString(path(), "x");
    assertThat(refusal().kind()).isEqualTo(ErrorKind.USAGE);
    assertThat(refusal()).hasMessageContaining("is a file, not a folder");
  }

  @Test
  void aFolderBeneathAFileCannotBeMade() throws IOException {
    Files.writeString(place.resolve("runs"), "x");
    assertThat(refusal().kind()).isEqualTo(ErrorKind.RESOURCE);
    assertThat(refusal()).hasMessageStartingWith("The folder " + path() + " could not be created");
  }

  @Test
  void twoThreadsRaceForAStaleLockAndOneWins() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      for (int round = 0; round < 50; round++) {
        assertOneOfTwoWins(pool, "local-" + round, new Configuration(), place.toString());
        assertOneOfTwoWins(
            pool, "other-" + round, OtherScheme.hadoop(), OtherScheme.SCHEME + "://" + place);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private void assertOneOfTwoWins(
      ExecutorService pool, String name, Configuration hadoop, String base) throws Exception {
    Path folder = Files.createDirectories(place.resolve(name));
    LockOwner dead = deadProcess();
    Files.write(folder.resolve(file(dead)), dead.toJson());
    CountDownLatch start = new CountDownLatch(1);
    List<Future<RunLock>> takers = new ArrayList<>();
    for (int taker = 0; taker < 2; taker++) {
      takers.add(
          pool.submit(
              () -> {
                start.await();
                try {
                  return RunLock.acquire(
                      RunFolder.at(base + "/" + name, hadoop),
                      LockOwner.here(null, null),
                      FAST,
                      note -> {});
                } catch (LockstepException refused) {
                  assertThat(refused).hasMessageContaining("written to by another run");
                  return null;
                }
              }));
    }
    start.countDown();
    List<RunLock> winners = new ArrayList<>();
    for (Future<RunLock> taker : takers) {
      if (taker.get(60, TimeUnit.SECONDS) != null) {
        winners.add(taker.get());
      }
    }
    assertThat(winners).as(name).hasSize(1);
    winners.get(0).confirmHeld();
    winners.get(0).close();
    assertThat(folder).isEmptyDirectory();
  }

  private static LockOwner deadProcess() {
    LockOwner here = LockOwner.here(null, null);
    ProcessIdentity process = here.process();
    return new LockOwner(
        here.id(),
        new ProcessIdentity(
            process.host(), process.bootId(), process.pidNamespace(), process.pid(), "1"),
        "bob",
        null,
        null,
        here.started(),
        List.of());
  }

  @Test
  void twoProcessesRaceForStaleLocksAndOneWinsEach() throws Exception {
    int rounds = 50;
    String[] folders = new String[rounds];
    for (int round = 0; round < rounds; round++) {
      Path folder = Files.createDirectories(place.resolve("race-" + round));
      LockOwner dead = deadProcess();
      Files.write(folder.resolve(file(dead)), dead.toJson());
      folders[round] = folder.toString();
    }
    Process first = LockProgram.start(folders);
    Process second = LockProgram.start(folders);
    try {
      assertThat(first.inputReader().readLine()).isEqualTo("ready");
      assertThat(second.inputReader().readLine()).isEqualTo("ready");
      int wins = 0;
      for (int round = 0; round < rounds; round++) {
        for (Process process : List.of(first, second)) {
          process.getOutputStream().write('\n');
          process.getOutputStream().flush();
        }
        List<String> outcomes =
            List.of(first.inputReader().readLine(), second.inputReader().readLine());
        assertThat(outcomes).filteredOn("got it"::equals).as(folders[round]).hasSize(1);
        assertThat(outcomes)
            .filteredOn(outcome -> !outcome.equals("got it"))
            .singleElement()
            .asString()
            .contains("written to by another run");
        wins += outcomes.get(0).equals("got it") ? 1 : 0;
      }
      assertThat(wins).as("wins of the first").isBetween(0, rounds);
    } finally {
      first.destroyForcibly();
      second.destroyForcibly();
    }
  }

  @Test
  void onAnotherFileSystemTooTheSecondIsRefusedAndAStaleLockTakenOver() throws Exception {
    String uri = OtherScheme.SCHEME + "://" + place.resolve("far");
    RunFolder far = RunFolder.at(uri, OtherScheme.hadoop());
    try (RunLock lock = RunLock.acquire(far, LockOwner.here("a", null), FAST, notes::add)) {
      Thread.sleep(200);
      lock.confirmHeld();
      assertThatThrownBy(() -> RunLock.acquire(far, LockOwner.here("b", null), FAST, notes::add))
          .hasMessageContaining("elsewhere:" + place.resolve("far") + " is being written to");
    }
    assertThat(place.resolve("far")).doesNotExist();
    Files.createDirectories(place.resolve("far"));
    LockOwner other = elsewhere();
    Files.write(place.resolve("far").resolve(file(other)), other.toJson());
    try (RunLock lock = RunLock.acquire(far, LockOwner.here("b", null), FAST, notes::add)) {
      lock.confirmHeld();
      assertThat(place.resolve("far").resolve(file(other))).doesNotExist();
    }
  }
}
