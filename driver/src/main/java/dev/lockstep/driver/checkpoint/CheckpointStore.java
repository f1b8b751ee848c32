package dev.lockstep.driver.checkpoint;

import dev.lockstep.driver.checkpoint.Search.Skipped;
import dev.lockstep.driver.config.CheckpointSettings;
import dev.lockstep.driver.folder.DigestedFiles;
import dev.lockstep.driver.folder.FileDigest;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.loop.BestWeights;
import dev.lockstep.driver.loop.TrainingMemory;
import dev.lockstep.driver.loop.TrainingState;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.ModelTensors;
import dev.lockstep.trainer.model.SafeTensors;
import dev.lockstep.trainer.model.Tensor;
import dev.lockstep.trainer.model.TensorLoader;
import dev.lockstep.trainer.optimizer.OptimizerState;
import dev.lockstep.trainer.parameter.ParameterLayout;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.RunningStatistics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The checkpoints of a run, in its folder {@code checkpoints}, each in a folder of its own:
 *
 * <pre>
 *   step-000000500/
 *     parameters.safetensors   as model.safetensors: names and layouts of PyTorch
 *     optimizer.safetensors    a tensor for each trainable one and slot, named parameter.slot
 *     best.safetensors         the best epoch's parameters, where early stopping keeps them
 *     state.json               everything that is not an array, doubles exact
 *     manifest.json            size and SHA-256 of the others
 * </pre>
 *
 * A checkpoint is written into a folder whose name begins with a dot, file by file: on the disk
 * where the file system can tell ({@code hsync}, and the folder's entries of a local disk), read
 * back and compared. The manifest comes last, then the folder gets its name. One that is to go
 * loses its manifest first. So whenever a writer dies, the folder that has a checkpoint's name and
 * a manifest is whole. Object stores rename a folder file by file; there too the manifest is what
 * decides: a folder without one, or whose files are not all there in the size and with the SHA-256
 * it says, is no checkpoint and is passed over.
 *
 * <p>One writer at a time: the run's lock sees to that. Used by one thread at a time.
 */
public final class CheckpointStore {
  /** The folder of a run that holds its checkpoints. */
  public static final String FOLDER = "checkpoints";

  private static final Pattern NAME = Pattern.compile("step-([0-9]{9,18})");
  private static final String PARTIAL = ".partial";
  private static final String REPLACED = ".replaced";

  private final RunFolder folder;
  private final RunFolder run;
  private final ParameterLayout layout;
  private final List<String> slots;
  private final CheckpointSettings settings;
  private boolean inOrder;
  private String newest;

  /**
   * The checkpoints of a run; nothing is read or written yet.
   *
   * @param run the run's folder
   * @param layout of the network's parameters
   * @param slots names of the optimizer's slots, in order
   * @param keep how many of the newest stay, at least 1
   */
  public CheckpointStore(RunFolder run, ParameterLayout layout, List<String> slots, int keep) {
    this(run, layout, slots, new CheckpointSettings(0, keep));
  }

  /**
   * The checkpoints of a run that writes them regularly. Between two that are due there may be one
   * that an interruption left: it goes as soon as there is a later one, so that from then on those
   * are there which a run without interruption has. One that was due by other settings, before they
   * were changed, counts as if it were by these.
   *
   * @param run the run's folder
   * @param layout of the network's parameters
   * @param slots names of the optimizer's slots, in order
   * @param settings which are due, and how many of the newest stay
   */
  public CheckpointStore(
      RunFolder run, ParameterLayout layout, List<String> slots, CheckpointSettings settings) {
    if (settings.keep() < 1) {
      throw new IllegalArgumentException(
          "at least one checkpoint must stay, not " + settings.keep());
    }
    this.run = run;
    this.folder = run.folder(FOLDER);
    this.layout = layout;
    this.slots = List.copyOf(slots);
    this.settings = settings;
  }

  /** Name of the folder of the checkpoint after so many steps. */
  public static String nameOf(long step) {
    return String.format(Locale.ROOT, "step-%09d", step);
  }

  /**
   * Writes a checkpoint of {@code state}, which must stand still meanwhile, and removes those
   * before it that are too many. It is durable when this returns.
   *
   * @throws LockstepException of kind resource, naming the last good checkpoint
   */
  public void write(TrainingState state, RunIdentity identity, RunPosition position) {
    String name = nameOf(state.step());
    try {
      putInOrder();
      inOrder = false;
      folder.create();
      run.writeNamesThrough();
      String partial = "." + name + PARTIAL;
      folder.removeFolder(partial);
      writeFiles(folder.folder(partial), state, identity, position);
      publish(partial, name);
      newest = name;
      removeTooMany(state.step());
      inOrder = true;
    } catch (LockstepException failure) {
      throw new LockstepException(
          ErrorKind.RESOURCE,
          "The checkpoint "
              + name
              + " could not be written to "
              + folder.name()
              + ": "
              + failure.getMessage()
              + (newest == null
                  ? " There is no earlier one."
                  : " The last good one is " + newest + "."),
          failure);
    }
  }

  private void writeFiles(
      RunFolder target, TrainingState state, RunIdentity identity, RunPosition position) {
    target.create();
    Map<String, FileDigest> files = new TreeMap<>();
    files.put(
        Manifest.PARAMETERS,
        writeTensors(
            target,
            Manifest.PARAMETERS,
            ModelTensors.of(layout, state.parameters(), state.statistics().batchesTracked())));
    files.put(
        Manifest.OPTIMIZER,
        writeTensors(target, Manifest.OPTIMIZER, optimizerTensors(state.optimizer())));
    if (state.bestWeights().isPresent()) {
      BestWeights best = state.bestWeights().get();
      files.put(
          Manifest.BEST,
          writeTensors(
              target,
              Manifest.BEST,
              ModelTensors.of(layout, best.parameters(), best.batchesTracked())));
    }
    byte[] rest = StateFile.write(state, identity, position, Instant.now());
    files.put(
        StateFile.NAME, DigestedFiles.write(target, StateFile.NAME, output -> output.write(rest)));
    byte[] manifest = new Manifest(state.step(), files).toBytes();
    DigestedFiles.write(target, Manifest.NAME, output -> output.write(manifest));
    target.writeNamesThrough();
  }

  private static FileDigest writeTensors(RunFolder target, String name, List<Tensor> tensors) {
    return DigestedFiles.write(target, name, output -> SafeTensors.write(tensors, output));
  }

  private List<Tensor> optimizerTensors(OptimizerState optimizer) {
    List<Tensor> tensors = new ArrayList<>();
    for (ParameterWindow window : layout.windows()) {
      if (window.role().isTrainable()) {
        for (int slot = 0; slot < slots.size(); slot++) {
          tensors.add(Tensor.ofWindow(slotName(window, slot), window, optimizer.slot(slot)));
        }
      }
    }
    return tensors;
  }

  private String slotName(ParameterWindow window, int slot) {
    return window.name() + "." + slots.get(slot);
  }

  /** Gives a folder that is complete its name; one that has it is away for that moment only. */
  private void publish(String partial, String name) {
    if (folder.hasFolder(name)) {
      String replaced = "." + name + REPLACED;
      folder.removeFolder(replaced);
      folder.renameFolder(name, replaced);
      folder.renameFolder(partial, name);
      folder.writeNamesThrough();
      folder.removeFolder(replaced);
    } else {
      folder.renameFolder(partial, name);
      folder.writeNamesThrough();
    }
  }

  private void removeTooMany(long step) {
    int kept = 0;
    for (long earlier : steps()) {
      boolean counts = settings.everySteps() == 0 || isRegular(earlier);
      boolean tooMany = counts ? earlier <= step && ++kept > settings.keep() : earlier < step;
      if (tooMany) {
        remove(nameOf(earlier));
      }
    }
  }

  /**
   * Whether a checkpoint was due: by the settings of now, or by those of the run that wrote it,
   * which its user may have changed since. Others are left by interruptions; a run that is resumed
   * must not be seen to have had one.
   */
  public boolean isRegular(long step) {
    return settings.isDue(step)
        || look(folder, step).filter(each -> each.identity().wasDue(step)).isPresent();
  }

  private void remove(String name) {
    // Not renamed out of the way first: an object store would copy it all, only to delete the copy.
    folder.folder(name).removeFile(Manifest.NAME);
    folder.removeFolder(name);
  }

  /**
   * Puts right what a writer that died or failed has left: broken-off folders go, and a checkpoint
   * that was away to be replaced comes back.
   */
  private void putInOrder() {
    if (inOrder) {
      return;
    }
    for (String name : folder.folders()) {
      if (!name.startsWith(".step-")) {
        continue;
      }
      if (name.endsWith(REPLACED)) {
        bringBack(name, name.substring(1, name.length() - REPLACED.length()));
      } else if (name.endsWith(PARTIAL)) {
        folder.removeFolder(name);
      }
    }
    if (newest == null) {
      newest = nameOfNewest().orElse(null);
    }
    inOrder = true;
  }

  /** Where a file system renames file by file, both names may be there; one of them is whole. */
  private void bringBack(String replaced, String name) {
    if (isWhole(replaced, name) && !isWhole(name, name)) {
      folder.removeFolder(name);
      folder.renameFolder(replaced, name);
      folder.writeNamesThrough();
    } else {
      folder.removeFolder(replaced);
    }
  }

  private boolean isWhole(String child, String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      return false;
    }
    try {
      Manifest.read(folder.folder(child), Long.parseLong(matcher.group(1)));
      return true;
    } catch (LockstepException incomplete) {
      return false;
    }
  }

  /**
   * Looks for the newest checkpoint that is whole and fits the network, and reads it. Damaged
   * content never throws; it is told why an older one was taken. Puts the folder in order first.
   *
   * @throws LockstepException of kind resource where the folder cannot be listed
   */
  public Search newestIntact() {
    return newestIntact(step -> true);
  }

  /** As above, among the checkpoints of some steps; others are neither read nor told. */
  public Search newestIntact(LongPredicate steps) {
    putInOrder();
    List<Skipped> skipped = new ArrayList<>();
    for (long step : steps()) {
      if (!steps.test(step)) {
        continue;
      }
      String name = nameOf(step);
      try {
        StoredCheckpoint found = read(step);
        newest = name;
        return new Search(Optional.of(found), skipped);
      } catch (LockstepException damaged) {
        skipped.add(new Skipped(name, damaged.getMessage()));
      }
    }
    return new Search(Optional.empty(), skipped);
  }

  private StoredCheckpoint read(long step) {
    String name = nameOf(step);
    RunFolder source = folder.folder(name);
    Manifest manifest = Manifest.read(source, step);
    StateFile rest = readState(source, manifest);
    ModelFile model = readModel(source, Manifest.PARAMETERS, manifest);
    OptimizerState optimizer = readOptimizer(source, manifest);
    TrainingMemory small = rest.memory();
    BestWeights best = null;
    if (rest.best() != null) {
      best = rest.best().with(readModel(source, Manifest.BEST, manifest));
    }
    TrainingMemory memory =
        new TrainingMemory(
            small.epochSums(),
            small.plateau(),
            small.stopping(),
            small.rateReductions(),
            small.rateFactor(),
            small.returns(),
            small.stoppedEarly(),
            best);
    TrainingState state =
        new TrainingState(
            model.parameters(),
            optimizer,
            new RunningStatistics(layout, model.batchesTracked()),
            step,
            memory);
    return new StoredCheckpoint(name, state, rest.identity(), rest.position());
  }

  private static StateFile readState(RunFolder source, Manifest manifest) {
    String file = source.name() + "/" + StateFile.NAME;
    FileDigest entry = manifest.files().get(StateFile.NAME);
    if (entry.size() > StateFile.MAX_BYTES) {
      throw LockstepException.data(
          file + " has " + entry.size() + " bytes; at most " + StateFile.MAX_BYTES + " are read.");
    }
    byte[] text =
        DigestedFiles.read(
            source, StateFile.NAME, entry, input -> input.readNBytes((int) entry.size()));
    StateFile state = StateFile.read(text, file);
    if (state.step() != manifest.step()) {
      throw LockstepException.data(
          file + " is of step " + state.step() + ", not of step " + manifest.step() + ".");
    }
    if ((state.best() != null) != manifest.files().containsKey(Manifest.BEST)) {
      throw LockstepException.data(
          file + " and its manifest do not agree on whether there is " + Manifest.BEST + ".");
    }
    return state;
  }

  private ModelFile readModel(RunFolder source, String file, Manifest manifest) {
    TensorLoader loader = new TensorLoader(source.name() + "/" + file);
    ParameterVector parameters = new ParameterVector(new float[layout.length()]);
    loader.expectModel(layout, parameters);
    readTensors(source, file, manifest, loader);
    return new ModelFile(parameters, loader.batchesTracked());
  }

  private OptimizerState readOptimizer(RunFolder source, Manifest manifest) {
    TensorLoader loader = new TensorLoader(source.name() + "/" + Manifest.OPTIMIZER);
    OptimizerState optimizer = new OptimizerState(slots, layout.trainableLength());
    for (ParameterWindow window : layout.windows()) {
      if (window.role().isTrainable()) {
        for (int slot = 0; slot < slots.size(); slot++) {
          loader.expect(slotName(window, slot), window, optimizer.slot(slot));
        }
      }
    }
    readTensors(source, Manifest.OPTIMIZER, manifest, loader);
    return optimizer;
  }

  private static void readTensors(
      RunFolder source, String file, Manifest manifest, TensorLoader loader) {
    FileDigest entry = manifest.files().get(file);
    DigestedFiles.read(
        source,
        file,
        entry,
        input -> {
          SafeTensors.read(input, entry.size(), source.name() + "/" + file, loader);
          return file;
        });
    loader.finish();
  }

  /**
   * Looks at the newest checkpoint of a run without its arrays: what must be known before data are
   * prepared. One that proves damaged later is not excluded.
   *
   * @param run the run's folder
   * @throws LockstepException of kind resource where the folder cannot be listed
   */
  public static Optional<StoredIdentity> peek(RunFolder run) {
    RunFolder folder = run.folder(FOLDER);
    for (long step : steps(folder)) {
      Optional<StoredIdentity> seen = look(folder, step);
      if (seen.isPresent()) {
        return seen;
      }
    }
    return Optional.empty();
  }

  /** Empty where it is damaged: an older one says as much, and reading it whole tells why. */
  private static Optional<StoredIdentity> look(RunFolder folder, long step) {
    String name = nameOf(step);
    RunFolder source = folder.folder(name);
    try {
      StateFile state = readState(source, Manifest.read(source, step));
      return Optional.of(new StoredIdentity(name, step, state.identity(), state.position()));
    } catch (LockstepException damaged) {
      return Optional.empty();
    }
  }

  /**
   * Removes the checkpoints after {@code step}, the newest first: a run that goes back abandons
   * them.
   */
  public void removeAfter(long step) {
    for (long later : steps()) {
      if (later > step) {
        remove(nameOf(later));
      }
    }
    newest = nameOfNewest().orElse(null);
  }

  /** Steps of all folders that have a checkpoint's name, the newest first, intact or not. */
  public List<Long> steps() {
    return steps(folder);
  }

  private static List<Long> steps(RunFolder folder) {
    List<Long> steps = new ArrayList<>();
    for (String name : folder.folders()) {
      Matcher matcher = NAME.matcher(name);
      if (matcher.matches() && nameOf(Long.parseLong(matcher.group(1))).equals(name)) {
        steps.add(Long.parseLong(matcher.group(1)));
      }
    }
    steps.sort(Collections.reverseOrder());
    return steps;
  }

  /** Name of the newest folder that has a checkpoint's name, for messages. */
  public Optional<String> nameOfNewest() {
    List<Long> steps = steps();
    return steps.isEmpty() ? Optional.empty() : Optional.of(nameOf(steps.get(0)));
  }
}
