// Chromium's virtual authenticator: a passkey as a browser sees it, without a finger.

/** Gives a page an authenticator of its own: a security key, or one in the device that syncs. */
export async function authenticator(page, { verifies = true, synced = false } = {}) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: synced ? 'internal' : 'usb',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: verifies,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: synced,
      defaultBackupState: synced,
    },
  });
  const send = (method, more) => devtools.send(`WebAuthn.${method}`, { authenticatorId, ...more });
  return {
    /** The passkeys it keeps. */
    credentials: async () => (await send('getCredentials')).credentials,
    /** Puts a copy of a passkey into it. */
    add: (credential) => send('addCredential', { credential }),
    /** Whether finger, face or PIN are right from now on. */
    verifies: (isUserVerified) => send('setUserVerified', { isUserVerified }),
    /** Whether somebody touches it when it asks. */
    touched: (enabled) => send('setAutomaticPresenceSimulation', { enabled }),
    remove: () => send('removeVirtualAuthenticator'),
  };
}
