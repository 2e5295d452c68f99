import { Firestore } from '@google-cloud/firestore'
import { http } from '@google-cloud/functions-framework'

/** The least that a function with Firestore can be: what the start of ours is measured against. */
http('scheduler', (_request, response) => {
  answer().then(
    () => response.json({ status: 'ok' }),
    () => response.status(500).json({}),
  )
})

async function answer(): Promise<void> {
  const firestore = new Firestore()
  if (process.env.BARE_CALLS !== 'yes') return
  await firestore.collection('scheduler_jobs').where('lane', '==', 'default').limit(1).get()
  await firestore.collection('scheduler_ticks').add({ lane: 'default' })
}
