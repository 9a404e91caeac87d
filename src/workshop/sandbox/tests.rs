use super::seccomp::{Rules, Sockets, bytes, filter};

#[test]
fn filters_fit_what_the_kernel_takes() {
    for sockets in [Sockets::Own, Sockets::None, Sockets::Internet] {
        for shares in [false, true] {
            let protected = if shares { vec![10, 20] } else { Vec::new() };
            let rules = Rules { sockets, shares, protected };
            let program = filter(&rules).unwrap();
            assert!(program.len() < 4096, "{}", program.len());
            assert_eq!(bytes(&program).len(), program.len() * 8);
        }
    }
}
