internal import SystemPackage

extension InterchangeError {
    /// Returns the failure of a system call on `name`; `action` is the verb, as in "cannot read 'x'".
    static func system(_ errno: Errno, _ action: String, _ name: String) -> InterchangeError {
        switch errno {
        case .noSuchFileOrDirectory, .notDirectory:
            InterchangeError(.notFound, "cannot \(action) '\(name)': there is no such file; check the path")
        case .isDirectory:
            InterchangeError(.notFound, "cannot \(action) '\(name)': it is a directory; name a file in it")
        case .permissionDenied, .notPermitted:
            InterchangeError(.io, "cannot \(action) '\(name)': permission denied; check the file's mode and owner")
        case .noSpace, .diskQuotaExceeded:
            InterchangeError(.diskFull, "cannot \(action) '\(name)': the disk is full; free some space and try again")
        default:
            InterchangeError(.io, "cannot \(action) '\(name)': \(errno); try again, and check the disk if it persists")
        }
    }

    /// Runs `body` and converts an errno that it throws to an error about `name`.
    static func attempt<Value>(
        _ action: String, _ name: String, _ body: () throws -> Value
    ) throws(InterchangeError) -> Value {
        do {
            return try body()
        } catch let errno as Errno {
            throw system(errno, action, name)
        } catch {
            throw InterchangeError(.io, "cannot \(action) '\(name)': \(error); try again")
        }
    }
}
