/// A message to a person.
package struct Notification: Hashable, Sendable {
    /// A fact that the message tells.
    package struct News: Hashable, Sendable {
        /// The subject.
        package var topic: NotifyTopic
        /// The task's name; `nil` for the run.
        package var task: String?
        /// The fact in words; an agent may have written a part of them.
        package var words: String

        /// Makes news; see the properties.
        package init(_ topic: NotifyTopic, _ task: String?, _ words: String) {
            (self.topic, self.task, self.words) = (topic, task, words)
        }
    }

    /// The facts, in order.
    package var news: [News]
    /// The ending of the leg; `nil` if it goes on, or its end is not told.
    package var ending: Ending?

    /// Makes a message; see the properties.
    package init(news: [News], ending: Ending? = nil) {
        (self.news, self.ending) = (news, ending)
    }
}
