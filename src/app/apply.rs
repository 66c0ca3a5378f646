//! Which slice an action is for. Nothing is decided here: the slices do.

use super::{action::Action, effect::Effect, event::Event, report::Report, state::State};

impl State {
    /// Lets `action` happen and says what is to be done about it.
    pub fn apply(&mut self, action: Action) -> Vec<Effect> {
        let shown = (self.revision, self.view);
        let watched = self.watched(&action);
        let mut effects = self.noted(action, Self::happen);
        effects.extend(self.class_follows(&watched));
        if shown != (self.revision, self.view) {
            self.film_begins_again();
        }
        effects
    }

    fn happen(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Many(actions) => actions.into_iter().flat_map(|action| self.apply(action)).collect(),
            Action::StartEngine => self.start_engine(),
            Action::EngineSeen => self.engine_seen(),
            Action::Engine(event) => self.engine_told(event),
            Action::Browser(report) => self.browser_reported(report),
            Action::LinkSeen => {
                self.link_problem = None;
                Vec::new()
            }
            Action::Preset(preset) => self.take_preset(preset),
            Action::Empty => self.remove_all(),
            Action::Kept(change) => self.kept_changed(change),
            Action::Add(element) => self.add_array(element),
            Action::AddText => self.add_text(),
            Action::AddValues => self.add_values(),
            Action::AddCode => self.add_code(),
            Action::RunCode => self.run_code(),
            Action::Paste(text) => self.paste(text),
            Action::AddMessage(schema) => self.add_message(schema),
            Action::Duplicate(row) => self.duplicate(row),
            Action::Remove(row) => self.remove(row),
            Action::Move(row, direction) => self.move_by_one(row, direction),
            Action::Edit(row, edit) => self.edit(row, edit),
            Action::ModeForAll(mode) => self.mode_for_all(mode),
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::Select(selection) => self.select(selection),
            Action::Hover(selection) => self.hover(selection),
            Action::View(view) => self.view_as(view),
            Action::Order(order) => self.order_by(order),
            Action::Zoom(window) => self.zoom(window),
            Action::Stage(change) => self.stage_changed(change),
            Action::WatchTheCopy => self.watch_the_copy(),
            Action::SendIt => self.send_it(),
            Action::Film(change) => self.film_changed(change),
            Action::Scenario(scenario) => self.choose_scenario(scenario),
            Action::Measure => self.measure(),
            Action::StopMeasuring => vec![Effect::StopMeasuring],
            Action::Show(id) => self.show_run(id),
            Action::Compare(id) => self.compare_with(id),
            Action::ForgetRun(id) => self.forget_run(id),
            Action::SetUpRun => self.set_up_run(),
            Action::Save(download) => vec![Effect::Save(download)],
            Action::Locator(locator) => self.locator_typed(locator),
            Action::Connect => self.connect(),
            Action::Disconnect => self.disconnect(),
            Action::Key(key) => self.key_typed(key),
            Action::Capture(device, starts) => self.capture_pressed(device, starts),
            Action::Put => self.put_by_hand(),
            Action::Session(change) => self.session_changed(change),
            Action::CancelPut => self.cancel_put(),
            Action::SubKey(key) => self.sub_key_typed(key),
            Action::Subscribe => self.subscribe(),
            Action::Unsubscribe => self.unsubscribe(),
            Action::Hash(id) => self.hash(id),
            Action::ForgetSamples => self.forget_samples(),
            Action::Look(looking) => self.look(looking),
            Action::Message(change) => self.message_changed(change),
            Action::Wire(change) => self.wire_changed(change).into_iter().collect(),
            Action::Command(verb) => self.command(verb).map_or_else(Vec::new, |action| self.apply(action)),
            Action::Lesson(change) => self.lesson_changed(change),
            Action::Class(change) => self.class_changed(change),
            Action::Try(experiment) => self.try_one(experiment),
            Action::TryAll => self.try_all(),
            Action::SetUp(experiment) => self.set_up_demonstration(experiment),
            Action::Unfold(experiment) => self.unfold(experiment),
        }
    }

    /// Lets what the engine tells happen.
    fn engine_told(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::FileRead { file, about } => self.file_read(file, about),
            Event::FilesEnded(problem) => self.files_ended(problem),
            Event::Message(event) => self.message_told(event),
            Event::Session(event) => self.session_told(event),
            Event::Class(event) => self.class_told(event),
            // The page's own record takes these.
            Event::Frames(_) | Event::LastFrames(_) => Vec::new(),
            Event::FramesSaved(result, _) => self.frames_saved(result),
            Event::ClassFound(class) => self.class_found(class),
            Event::LabFound { ws, tcp } => self.lab_found(ws, tcp),
            Event::NoLab => self.no_lab(),
            Event::BuildEnded(revision, result) => self.build_ended(revision, result),
            Event::Ran(run, each, line, result) => self.code_ran(run, each, line, result),
            Event::MeasureProgress(number, progress) => self.measure_progress(number, progress),
            Event::MeasureEnded(number, result) => self.measure_ended(number, result),
            Event::Opened(info) => self.session_opened(info),
            Event::HeldBack(longest) => self.session_held_back(longest),
            Event::SessionLost(lost, time) => self.session_lost(lost, time),
            Event::SessionResumed(gap) => self.session_resumed(gap),
            Event::SessionEnded(problem) => self.session_ended(problem),
            Event::PutProgress(done, bytes) => self.put_progress(done, bytes),
            Event::Arriving(arriving) => self.still_arriving(arriving),
            Event::ArrivalEnded { id, whole } => self.arrival_ended(id, whole),
            Event::PutEnded(done, result) => self.put_ended(done, result),
            Event::SubscribeEnded(result) => self.subscribe_ended(result),
            Event::Samples { samples, groups, at, received, replies } => {
                (self.groups, self.groups_at) = (groups, at);
                self.samples_arrived(samples, received, replies)
            }
            Event::Hashed(id, result) => self.hashed(id, result),
            Event::Found(run, finding) => self.experiment_found(run, finding),
            Event::Demonstrated(run, found) => self.demonstration_ended(run, found),
            Event::TryEnded(run, result) => self.experiment_ended(run, result),
        }
    }
    /// Lets what the browser reports happen.
    fn browser_reported(&mut self, report: Report) -> Vec<Effect> {
        match report {
            Report::Started(surroundings) => self.started(surroundings),
            Report::Setup(setup) => self.resume(*setup),
            Report::Link(found) => self.set_up(*found),
            Report::EngineReady => self.engine_ready(),
            Report::EngineLost(problem) => self.engine_lost(problem),
            Report::History(runs) => self.history_found(runs),
            Report::RunGone(id) => self.run_gone(id),
            Report::RunRead(result) => self.cost.read(result),
            Report::KeptRows(found) => self.kept_found(found),
            Report::RowsNotKept(problem) => self.rows_not_kept(problem),
            Report::StorageFailed(problem) => self.storage_failed(problem),
            Report::Capture(device, told) => self.capture_told(device, told),
            Report::Hub(figures) => {
                self.api.hub = figures;
                Vec::new()
            }
            Report::Lessons(result) => self.lessons_listed(result),
            Report::Lesson(source, result) => self.lesson_loaded(source, result),
            Report::Frames(kept) => self.frames_kept(kept),
        }
    }
}
