/// The error of a target when the engine has broken a promise. Errors of the engine's own types are not findings.
struct Finding: Error, CustomStringConvertible {
    let description: String
    /// Whether an answer was wrong. Damage to bytes without a checksum may cause that.
    let isWrongAnswer: Bool

    init(_ description: String, isWrongAnswer: Bool = false) {
        (self.description, self.isWrongAnswer) = (description, isWrongAnswer)
    }

    /// Runs `body`, which may fail with the errors that the engine promises, and with no others.
    static func allowing<Value>(_ isPromised: (any Error) -> Bool, _ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let finding as Finding {
            throw finding
        } catch {
            guard isPromised(error) else { throw Finding("an error of an unexpected type: \(error)") }
            return nil
        }
    }

    static func unless(_ holds: Bool, isWrongAnswer: Bool = false, _ what: @autoclosure () -> String) throws {
        guard holds else { throw Finding(what(), isWrongAnswer: isWrongAnswer) }
    }
}
